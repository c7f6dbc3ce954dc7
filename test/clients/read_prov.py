"""Reads PROV-JSON from standard input, and prints what the W3C's data model finds in it, as JSON."""

import json
import sys
import warnings

from prov.model import ProvActivity, ProvAgent, ProvDocument, ProvEntity

warnings.simplefilter("error")
document = ProvDocument.deserialize(sys.stdin, format="json")
of = {"entities": ProvEntity, "activities": ProvActivity, "agents": ProvAgent}
found = {
    name: sorted(record.identifier.uri for record in document.get_records(kind))
    for name, kind in of.items()
}
found["notation"] = document.get_provn()
print(json.dumps(found))
