"""What a seed begins with, by what its texts are for: nothing is measured on a text that anything was made by.

make_document(512, f"{EVALUATE}/512/0")
"""

TRAIN = "train"  # the finder's pretraining
REFIT = "refit"  # its memory's addresses
SSFT = "ssft"  # gates
TOKENIZER = "tokenizer"
GPTQ = "gptq"  # inputs to round weights by
COMPILE = "compile_npu"  # ranges of activations
REPORT = "document"  # the texts that reports.py writes
REPORT_FACTS = "facts"
HELD_OUT = "test"  # what is measured while training
CALIBRATE = "calibrate"  # what the scoring is chosen by
EVALUATE = "evaluate"
ACCELERATORS = "accelerated"

MADE_BY = (TRAIN, REFIT, SSFT, TOKENIZER, GPTQ, COMPILE, REPORT, REPORT_FACTS)
MEASURED_BY = (HELD_OUT, CALIBRATE, EVALUATE, ACCELERATORS)
