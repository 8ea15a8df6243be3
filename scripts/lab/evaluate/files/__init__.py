"""Files that real programs write out of the same texts: PDF, office documents, web pages, books, mail.

texts.py has the texts with their facts, markup.py writes them in the languages that programs read, programs.py runs
programs. pdf.py, office.py, web.py and mail.py list which program makes which file (maker.py), shipped.py those that
come in packages. Files are made here, and asked by the command file-formats.
"""
