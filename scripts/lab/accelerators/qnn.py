"""Qualcomm's HTP: its processors, ONNX Runtime sessions on it (on x86 the wheel's simulator), context binaries.

scripts/lab.sh qnn            # the processors that compile_npu.py knows
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import helper

PROVIDER = "QNNExecutionProvider"  # the plugin insists on this name


@dataclass(frozen=True)
class Soc:
    """A processor with an HTP."""

    name: str
    number: int  # QNN's soc_model
    htp: int  # version of the HTP
    sold_as: str

    @property
    def bits(self) -> tuple[int, int]:
        """Of M ÷ z, which is a product's second operand and so 8 up to v69, and of the cache's keys and values.

        The last are 16 where a multiplication of 16 bits cannot give 8."""
        return (8 if self.htp < 73 else 16), (16 if self.name == "SM8735" else 8)

    @property
    def single_row(self) -> bool:
        """Whether linears of one row are right: on v69's simulator they are not."""
        return self.htp != 69

    @property
    def encoder(self) -> bool:
        """Whether it takes a reader's layers whole: SM8735 has no layer norm in 16 bits."""
        return self.name != "SM8735"


SOCS = {
    soc.name: soc
    for soc in (
        Soc("SM8350", 30, 68, "Snapdragon 888"),
        Soc("SM8450", 36, 69, "Snapdragon 8 Gen 1"),
        Soc("SM8475", 42, 69, "Snapdragon 8+ Gen 1"),
        Soc("SM8550", 43, 73, "Snapdragon 8 Gen 2"),
        Soc("SM8735", 85, 73, "Snapdragon 8s Gen 4"),
        Soc("SM8650", 57, 75, "Snapdragon 8 Gen 3"),
        Soc("SM8750", 69, 79, "Snapdragon 8 Elite"),
        Soc("SM8850", 87, 81, "Snapdragon 8 Elite Gen 5"),
    )
}


class NotWhole(Exception):
    """The compiler does not take every node of a graph."""


def device():
    """The plugin's one device, registered once a process."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime
    import onnxruntime_qnn

    found = [d for d in onnxruntime.get_ep_devices() if d.ep_name == PROVIDER]
    if not found:
        onnxruntime.register_execution_provider_library(PROVIDER, onnxruntime_qnn.get_library_path())
        found = [d for d in onnxruntime.get_ep_devices() if d.ep_name == PROVIDER]
    return found[0]


def session(graph: Path | bytes, soc: Soc, entries: dict[str, str] | None = None):
    """A session all of whose nodes are on the HTP; raises NotWhole where one is not."""
    npu = device()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    for key, value in {"session.disable_cpu_ep_fallback": "1", **(entries or {})}.items():
        options.add_session_config_entry(key, value)
    options.add_provider_for_devices([npu], {"backend_type": "htp", "soc_model": str(soc.number)})
    try:
        return onnxruntime.InferenceSession(graph if isinstance(graph, bytes) else str(graph), options)
    except Exception as e:
        raise NotWhole(f"{soc.name}: {e}") from e


def named(graph: onnx.ModelProto, name: str) -> bytes:
    """The graph with a value of that name in it: the plugin names graphs by their values, a context has several."""
    old = graph.graph.node[0].output[0]
    for node in graph.graph.node:
        for names in (node.input, node.output):
            names[:] = [f"{name}.{n}" if n == old else n for n in names]
    return graph.SerializeToString()


def compile(graphs: dict[str, onnx.ModelProto], soc: Soc, folder: Path, shared: bool) -> str:
    """Writes NAME.onnx, each one EPContext node, and what they name: one .bin for all of them, or one each.

    → the SDK's version. shared: weights are stored once; x86 does not load it."""
    kept = []
    sdk = ""
    binary = f"npu-{soc.name.lower()}"
    for number, (name, graph) in enumerate(graphs.items()):
        entries = {
            "ep.context_enable": "1",
            "ep.context_embed_mode": "0",
            "ep.context_file_path": str(folder / f"{name}.onnx"),
        }
        if shared:
            entries["ep.share_ep_contexts"] = "1"
            entries |= {"ep.stop_share_ep_contexts": "1"} if number + 1 == len(graphs) else {}
        before = set(folder.iterdir())
        kept.append(session(named(graph, name), soc, entries))  # a shared context lives as long as its sessions
        new = sorted(set(folder.iterdir()) - before - {folder / f"{name}.onnx"})
        if not shared:
            new[0].rename(folder / f"{name}.bin")
    kept.clear()
    if shared:
        names = {context(folder / f"{name}.onnx")["ep_cache_context"] for name in graphs}
        assert len(names) == 1, names
        (folder / names.pop()).rename(folder / f"{binary}.bin")
    for name in graphs:
        sdk = point(folder / f"{name}.onnx", f"{binary}.bin" if shared else f"{name}.bin")
    return sdk


def context(wrapper: Path) -> dict:
    """Attributes of the one node of a compiled graph; raises NotWhole where there are others."""
    nodes = onnx.load(wrapper, load_external_data=False).graph.node
    if [n.op_type for n in nodes] != ["EPContext"]:
        raise NotWhole(f"{wrapper.name}: found nodes {[n.op_type for n in nodes]}, expected one EPContext")
    return {a.name: decoded(helper.get_attribute_value(a)) for a in nodes[0].attribute}


def decoded(value: object) -> object:
    """A bytes value as text, any other as it is."""
    return value.decode() if isinstance(value, bytes) else value


def point(wrapper: Path, binary: str) -> str:
    """The compiled graph names its binary by another name → the SDK's version."""
    found = context(wrapper)
    model = onnx.load(wrapper, load_external_data=False)
    for attribute in model.graph.node[0].attribute:
        if attribute.name == "ep_cache_context":
            attribute.s = binary.encode()
    wrapper.write_bytes(model.SerializeToString(deterministic=True))
    return str(found.get("ep_sdk_version", ""))


def main(socs: Iterable[Soc] = SOCS.values()) -> None:
    """Lists the processors."""
    for soc in socs:
        print(f"{soc.name}  HTP v{soc.htp}  {soc.sold_as}")


if __name__ == "__main__":
    main()
