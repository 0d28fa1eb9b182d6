"""Runs a trained graph node by node, without Dask.

Rasa builds and schedules a Dask graph for every prediction. The graph never
changes once a model is loaded, so the order of its nodes is found once per
target.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage


class DirectGraphRunner(GraphRunner):
    """Graph runner of a loaded model."""

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        self._schema = graph_schema
        self._nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        self._orders: dict[str, list[str]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> DirectGraphRunner:
        """Create the runner (Rasa's interface)."""
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """Run the nodes that the targets need, each once, and return the targets' outputs."""
        results: dict[str, Any] = dict(inputs or {})
        wanted = targets or self._schema.target_names
        for target in wanted:
            for name in self._order(target):
                if name not in results:
                    needs = self._schema.nodes[name].needs.values()
                    _, results[name] = self._nodes[name](*((need, results[need]) for need in needs))
        return {target: results[target] for target in wanted}

    def source_of(self, target: str, class_name: str) -> str:
        """Return ``target``, or the node it takes its messages from when it is a ``class_name``."""
        node = self._schema.nodes[target]
        return node.needs["messages"] if node.uses.__name__ == class_name else target

    def _order(self, target: str) -> list[str]:
        if target not in self._orders:
            order: list[str] = []
            self._visit(target, order)
            self._orders[target] = order
        return self._orders[target]

    def _visit(self, name: str, order: list[str]) -> None:
        node = self._schema.nodes.get(name)
        if node is None or name in order:
            return  # an input of the run, or visited before
        for need in node.needs.values():
            self._visit(need, order)
        order.append(name)
