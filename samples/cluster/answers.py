"""What the recorded guests' answer keys demand of findings that were read back."""

import json
import pathlib


class AnswerKey:
    """The key beside a recording."""

    def __init__(self, recording):
        self.recording = pathlib.Path(recording)
        key = json.loads(self.recording.with_name(self.recording.stem + ".expected.json").read_text())
        self.build = key["build"]
        self.rounds = key["rounds"]
        self.vm = f"sample-{self.build}"

    def complaints(self, findings, fleet):
        """What of this guest is not as it must be once its recording has been played to the end; empty if all is."""
        said = [each for each in findings.values() if each["vm"] == self.vm]
        complaints = []
        for number, wanted in self._wanted():
            found = [each for each in said if _is(each, wanted)]
            if len(found) != 1:
                complaints.append(f"{self.vm}: expected one {wanted['type']} at {wanted['address']}, found {len(found)}")
                continue
            said.remove(found[0])
            if (found[0]["activity"], found[0]["round"]) != ("close", number + 1):
                complaints.append(f"{self.vm}: expected {wanted['type']} at {wanted['address']} to close in round "
                                  f"{number + 1}, found {found[0]['activity']} in round {found[0]['round']}")
        complaints += [f"{self.vm}: expected nothing else, found {each['type']} at {each['address']}" for each in said]
        state = fleet.get(self.vm, {})
        expected = {"build": self.build, "identity": "exact", "trust": "trusted", "stale": False, "openFindings": 0}
        told = {name: state.get(name) for name in expected}
        if told != expected:
            complaints.append(f"{self.vm}: expected {expected}, found {told}")
        return complaints

    def _wanted(self):
        return [(number, each) for number, played in enumerate(self.rounds) for each in played["findings"]]


def _is(said, wanted):
    """The same thing at the same place with its evidence; a register's place is its name, and not where it leads."""
    register = wanted["address"] == wanted["actual"]
    return (said["type"] == wanted["type"]
            and said["address"] == wanted["address"]
            and (not register or said["symbol"] == wanted["symbol"])
            and (wanted["vcpu"] is None or said["vcpu"] == wanted["vcpu"])
            and _shows(said["actual"], wanted["actual"]))


def _shows(evidence, wanted):
    """An address stands in the evidence; of code it has the bytes of one instruction, which may be fewer or more."""
    if wanted.startswith("0x"):
        return wanted in evidence
    shown = evidence.split("  ")[0].replace(" ", "")
    return bool(shown) and (wanted.startswith(shown) or shown.startswith(wanted))
