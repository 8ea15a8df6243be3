//! ONNX Runtime: execution providers, tensors, graphs of dynamic and of static shapes, embedding rows.

pub(crate) mod dynamic_shape;
pub mod embedding;
pub(crate) mod execution_provider;
pub mod graph;
pub(crate) mod static_shape;
pub(crate) mod tensor;
