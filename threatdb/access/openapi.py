"""How the OpenAPI description speaks of tokens."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``Authorization: Bearer tdb_...``"""

    target_class = "threatdb.access.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        words = "A token made in the admin; it shows and does no more than its scopes, its clearance and its owner."
        return {"type": "http", "scheme": "bearer", "description": words}
