"""What Schemathesis cannot read in the documents, for both programs."""

import os

import schemathesis
from hypothesis import strategies as st

# JSON Schema's "duration" has years and months, which are of no length; the
# document's words say so, and no keyword can.
schemathesis.openapi.format("duration", st.integers(0, 10**9).map(lambda seconds: f"PT{seconds}S"))

OWN = os.environ.get("OWN_ID")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Keeps the run from taking its own user's rights away."""
    if OWN and case.method in ("DELETE", "PATCH", "PUT") and (case.path_parameters or {}).get("id") == OWN:
        case.path_parameters["id"] = "somebody"
