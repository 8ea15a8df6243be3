"""The CPU's graphs in the forms that NPU, NNAPI and XNNPACK take."""
