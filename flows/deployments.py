"""The deployments of the flow: what `prefect deployment run synth/...` starts."""

from prefect import serve

from manikin.flows.synth import synth


def serve_deployments() -> None:
    """Serve synth/full (10,000 images) and synth/preview (64) until interrupted; runs queue, one at a time."""
    full = synth.to_deployment("full", description="A data set to train on.", concurrency_limit=1)
    preview = synth.to_deployment(
        "preview", description="A first look.", parameters={"images": 64, "name": "preview"}, concurrency_limit=1
    )
    serve(full, preview)  # type: ignore[arg-type]  # its type also says coroutine, of asynchronous callers
