package dev.edgeinfinite

/** Where graphs run. */
public enum class Accelerator {
    /** The neural processor, through ONNX Runtime's QNN provider. */
    Npu,

    /** Android's neural networks API. */
    Nnapi,

    /** The processor, through XNNPACK. */
    Xnnpack,

    /** The processor, through ONNX Runtime's own kernels. Always there. */
    Cpu,
}
