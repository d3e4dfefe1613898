# SPDX-License-Identifier: MIT
"""The module against the library that it finds: python3 -m unittest, in this directory."""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Any, List

import society
from society import Society

HERE = pathlib.Path(__file__).resolve().parent
TOO_LONG = 20.0


class InASociety(unittest.TestCase):
    """A project of its own, with three members."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory(prefix="society-python-")
        self.addCleanup(scratch.cleanup)
        self.project = pathlib.Path(scratch.name).resolve()
        self.w1, self.w2, self.w3 = (self.member(name) for name in ("w1", "w2", "w3"))

    def member(self, agent: str) -> Society:
        member = Society.init(self.project, agent=agent)
        self.addCleanup(member.close)
        return member

    def in_background(self, work: Any) -> None:
        """A thread, which has ended before its society is closed."""
        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(thread.join)

    def python(self, source: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """A process with this program; it is killed at the end of the test."""
        env = {**os.environ, "PYTHONPATH": str(HERE), "SOCIETY_DIR": str(self.project), **environment}
        process = subprocess.Popen(
            [sys.executable, "-c", source, *arguments], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

        def end() -> None:
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return process


def contents(messages: Any) -> List[Any]:
    return [message["content"] for message in messages]


class Opening(InASociety):
    def test_open(self) -> None:
        with Society.open(self.project, agent="w4") as member:
            self.assertEqual((member.dir, member.agent), (str(self.project / ".society-agent"), "w4"))
        with self.assertRaises(society.ClosedError):
            member.agents()
        member.close()
        with self.assertRaises(society.NoSocietyError):
            Society.open("/")
        with self.assertRaises(society.InvalidError):
            Society.open(self.project, agent="not an id")

    def test_errors(self) -> None:
        with self.assertRaises(society.InvalidError) as caught:
            self.w1.send([], "nobody")
        self.assertEqual((caught.exception.code, caught.exception.result), ("INVALID", -4103))
        self.assertIn("to", str(caught.exception))
        with self.assertRaises(society.SystemCallError) as missing:
            self.w1.attach("/no/such/file")
        self.assertEqual((missing.exception.code, missing.exception.errno), ("ENOENT", 2))
        with self.assertRaises(society.InvalidError):
            self.w1.online("a\0b")
        with self.assertRaises(ValueError):
            self.w1.send("w2", float("nan"))

    def test_nobody(self) -> None:
        process = self.python(
            "import society; s = society.Society.open(); print(s.agent); s.send('w1', 'x')", SOCIETY_AGENT="", SOCIETY_AGENT_ID=""
        )
        out, err = process.communicate(timeout=TOO_LONG)
        self.assertEqual(out, "None\n")
        self.assertIn("NoAgentError", err)


class Agents(InASociety):
    def test_registration(self) -> None:
        self.w1.register(role="backend", capabilities=["api"])
        self.w1.set_status("busy", "auth")
        info = self.w2.agent_info("w1")
        self.assertEqual((info["role"], info["capabilities"], info["status"]), ("backend", ["api"], "busy"))
        self.assertEqual([agent["agentId"] for agent in self.w2.agents()], ["w1"])
        self.w1.leave()

    def test_presence(self) -> None:
        with self.w1.join():
            self.assertTrue(self.w2.online("w1"))
            with self.assertRaises(society.HeldError):
                self.member("w1").join()
        self.assertFalse(self.w2.online("w1"))
        presence = self.w2.follow("presence", timeout=TOO_LONG)
        self.w1.join()
        event = next(presence)
        while not (event["agentId"] == "w1" and event["online"]):
            event = next(presence)
        self.assertNotIn("position", event)
        self.w1.part()
        while event["agentId"] != "w1" or event["online"]:
            event = next(presence)


class Messages(InASociety):
    def test_replies_and_receipts(self) -> None:
        id = self.w1.send("w2", "Which port?", type="question", ackRequired=True)
        [question] = self.w2.inbox(unread=True)
        self.w2.reply(question, 8080, data={"big": 2**60})
        [answer] = self.w1.inbox()
        self.assertEqual((answer["type"], answer["content"], answer["replyTo"]), ("answer", 8080, id))
        self.assertEqual(answer["data"]["big"], 2**60)
        self.assertEqual(len(self.w1.inbox(thread=id)), 2)
        self.assertTrue(self.w2.mark_delivered(id))
        self.assertTrue(self.w2.acknowledge(question))
        self.assertFalse(self.w2.acknowledge(id))
        self.assertEqual(self.w1.message(id)["receipts"][0]["agent"], "w2")
        with self.assertRaises(society.NotFoundError):
            self.w1.message("none")

    def test_batches(self) -> None:
        ids = self.w1.send_all({"to": "w2", "content": i} for i in range(50))
        self.assertEqual(len(set(ids)), 50)
        with self.assertRaises(society.InvalidError):
            self.w1.send_all([{"to": "w2"}, {"content": "bad"}])
        self.assertEqual(contents(self.w2.inbox()), list(range(50)))

    def test_text(self) -> None:
        self.w1.send("w2", "naïve 😀 \udc80")
        self.assertEqual(contents(self.w2.inbox()), ["naïve 😀 \ufffd"])

    def test_long_integer(self) -> None:
        record = '{"type":"message","from":"x","to":"w2","content":%s}\n' % ("9" * 5000)
        self.w1.send("w2", 2**64)
        with open(self.project / ".society-agent" / "messages.jsonl", "a", encoding="utf-8") as log:
            log.write(record)
        self.w1.send("w2", "after")
        wanted = [2**64, float("inf"), "after"]
        self.assertEqual(contents(self.w2.inbox()), wanted)
        self.assertEqual(contents(self.w2.messages(timeout=0)), wanted)

    def test_attachments(self) -> None:
        path = self.project / "plan.txt"
        path.write_text("the plan\n")
        attachment = self.w1.attach(path)
        with self.w2.attachment(attachment) as file:
            self.assertEqual(file.read(), b"the plan\n")
        with self.assertRaises(society.NotFoundError):
            self.w2.attachment("0" * 64)

    def test_at_least_once(self) -> None:
        self.w1.send_all({"to": "w2", "content": word} for word in "abc")
        for message in self.w2.messages():
            if message["content"] == "b":
                break  # and "b" is not committed
        with self.w2.messages(timeout=0.0) as again:
            self.assertEqual(contents(again), ["b", "c"])  # the end of the loop has committed both
        self.assertEqual(self.w2.inbox(unread=True), [])

    def test_commit(self) -> None:
        self.w1.send_all({"to": "w2", "content": word} for word in "abc")
        stream = self.w2.messages()
        next(stream)
        stream.commit()
        stream.close()
        with self.assertRaises(society.ClosedError):
            next(stream)
        self.assertEqual(contents(self.w2.inbox(unread=True)), ["b", "c"])
        self.assertEqual(contents(self.w2.messages(timeout=0.0, commit=False)), ["b", "c"])
        received = next(self.w2.messages(receipts=True))
        self.assertEqual(received["content"], "b")

    def test_positions(self) -> None:
        self.w1.send_all({"to": "w2", "content": word} for word in "abc")
        second = self.w2.inbox()[1]
        self.assertEqual(contents(self.w2.messages(second["position"], timeout=0.0, commit=False)), ["b", "c"])
        self.assertEqual(len(list(self.w3.follow("messages", society.START, timeout=0.0))), 3)
        with self.assertRaises(society.InvalidError):
            self.w2.messages(-4)
        with self.assertRaises(society.InvalidError):
            self.w2.follow("nothing")

    def test_waiting(self) -> None:
        stream = self.w2.messages(timeout=TOO_LONG)
        sender = self.member("w4")
        self.in_background(lambda: sender.send("w2", "late"))
        self.assertEqual(next(stream)["content"], "late")
        self.assertFalse(stream.wait(0.01))
        self.in_background(stream.wake)
        self.assertEqual(list(stream), [])  # wake() has ended it

    def test_other_threads(self) -> None:
        """A handle is one thread's at a time: another is refused, and does no harm."""
        stream = self.w2.messages()
        refused: List[society.SystemCallError] = []
        deadline = time.monotonic() + TOO_LONG

        def intrude() -> None:
            while not refused and time.monotonic() < deadline:
                try:
                    self.w2.agents()
                except society.SystemCallError as error:
                    refused.append(error)
            stream.wake()

        self.in_background(intrude)
        while not refused and time.monotonic() < deadline:
            try:
                stream.wait(TOO_LONG)
            except society.SystemCallError as error:  # it may be the other way round
                self.assertEqual(error.code, "EBUSY")
        self.assertEqual(refused[0].code, "EBUSY")

    def test_other_loops(self) -> None:
        stream = self.w2.messages(commit=False)
        self.assertIsNone(stream.poll())
        self.w1.send("w2", "x")
        self.assertEqual(select.select([stream], [], [], TOO_LONG)[0], [stream])
        record = stream.poll()
        assert record is not None
        self.assertEqual(record["content"], "x")

    def test_incident(self) -> None:
        self.w1.send("w2", "a")
        stream = self.w2.messages(timeout=TOO_LONG)
        next(stream)
        self.assertIsNone(stream.incident)
        os.truncate(self.project / ".society-agent" / "messages.jsonl", 0)
        self.w1.send("w2", "b")
        self.assertEqual(next(stream)["content"], "b")
        self.assertTrue(stream.incident)
        self.assertIsNone(stream.incident)

    def test_interrupt(self) -> None:
        source = """
import society, sys
s = society.Society.open(agent=sys.argv[1])
with s.join():
    try:
        WAIT
    except KeyboardInterrupt:
        print("interrupted")
"""
        for agent, wait in (("w4", "next(s.messages())"), ("w5", "s.tasks.claim(wait=True)")):
            process = self.python(source.replace("WAIT", wait), agent)
            deadline = time.monotonic() + TOO_LONG
            while not self.sleeps(process, agent) and time.monotonic() < deadline:
                self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.communicate(timeout=TOO_LONG), ("interrupted\n", ""))

    def sleeps(self, process: "subprocess.Popen[str]", agent: str) -> bool:
        """Whether the process has joined and then waits in the kernel's poll."""
        wchan = pathlib.Path(f"/proc/{process.pid}/syscall")
        calls = {"x86_64": ("7", "271"), "aarch64": ("73",)}.get(os.uname().machine, ("7", "73"))
        try:
            return self.w1.online(agent) and wchan.read_text().split()[0] in calls
        except OSError:
            return False


class TasksAndClaims(InASociety):
    def test_life(self) -> None:
        self.assertEqual(self.w1.tasks.create("first", priority=1, paths=["src/**"]), "t1")
        self.assertEqual(self.w1.tasks.create_all([{"id": "a", "title": "a", "dependsOn": ["t1"]}]), ["a"])
        self.assertEqual(self.w1.tasks.create_all('{"id":"b","title":"b","state":"done"}\n'), ["b"])
        with self.w1.tasks.claim() as claim:
            self.assertEqual((claim.id, claim.takeover), ("t1", None))
            with self.assertRaises(society.HeldError):
                self.w2.tasks.claim("t1")
            claim.note("half of it")
            claim.renew()
            self.assertEqual(claim.task()["token"], claim.token)
            claim.complete({"branch": "auth"})
        self.assertEqual(self.w2.tasks.get("t1")["result"], {"branch": "auth"})
        self.assertEqual([task["id"] for task in self.w1.tasks.list(ready=True)], ["a"])
        self.assertEqual([task["id"] for task in self.w1.tasks.list("done")], ["t1", "b"])

    def test_paths(self) -> None:
        self.w1.tasks.create("one", paths=["src/**"])
        reservation = self.w2.ownership.acquire("src/a.c")
        with self.assertRaises(society.HeldError):
            self.w1.tasks.claim("t1", own=True)
        reservation.release()
        with self.assertRaises(society.InvalidError):
            self.w1.tasks.claim("t1", own=True, wait=True)
        claim = self.w1.tasks.claim("t1", own=True)
        self.assertEqual(self.w2.ownership.check("src/b.c")[0]["owner"]["task"], "t1")
        claim.complete()
        self.assertEqual(self.w2.ownership.check("src/b.c"), [])

    def test_several(self) -> None:
        w1, w2 = self.w1, self.w2
        w1.tasks.create_all([{"id": name, "title": name} for name in "abcd"])
        claims = w1.tasks.claim_several(3)
        self.assertEqual([claim.id for claim in claims], ["a", "b", "c"])
        claims[1].complete("done")
        claims[2].release()
        self.assertEqual([claim.id for claim in w2.tasks.claim_several(100, familiar=True)], ["c", "d"])
        with self.assertRaises(society.NotFoundError):
            w2.tasks.claim_several(1)
        for count in (0, 101, 2**40):
            with self.assertRaises(society.InvalidError):
                w2.tasks.claim_several(count)

    def test_changes(self) -> None:
        tasks = self.w1.tasks
        for id in ("submit", "fail", "block", "release"):
            tasks.create(id, id=id)
        tasks.claim("submit").submit("done?")
        self.w2.tasks.complete("submit")
        tasks.claim("fail").fail("no luck")
        tasks.claim("block").block("no keys")
        with tasks.claim("release"):
            pass
        states = {task["id"]: task["state"] for task in tasks.list()}
        self.assertEqual(states, {"submit": "done", "fail": "failed", "block": "blocked", "release": "open"})
        tasks.unblock("block")
        tasks.edit("block", title="changed")
        tasks.assign("block", "w2")
        tasks.depend("block", on=["submit"])
        tasks.note("block", "careful")
        tasks.cancel("release", "never")
        tasks.reopen("release")
        self.assertEqual(tasks.get("block")["title"], "changed")
        self.assertEqual([task["id"] for task in self.w2.tasks.list(mine=True)], ["block"])
        self.assertEqual(self.w1.renew(), 0)
        tasks.block("release", "why not")
        with self.assertRaises(society.NotFoundError):
            tasks.get("none")

    def test_waiting(self) -> None:
        with self.assertRaises(society.WaitTimeoutError):
            self.w1.tasks.claim(wait=0.02)
        maker = self.member("w4")
        self.in_background(lambda: maker.tasks.create("late"))
        claim = self.w1.tasks.claim(wait=TOO_LONG)
        other = self.member("w1")
        self.in_background(lambda: other.tasks.change(claim.id, "release", None, claim.token))
        self.assertEqual(self.w2.tasks.claim(claim.id, wait=True).id, claim.id)
        with self.assertRaises(society.InvalidError):
            self.w1.tasks.claim(wait=-1.0)

    def test_fencing(self) -> None:
        self.w1.tasks.create("one")
        claim = self.w1.tasks.claim(lease=0.01)
        taken = self.w2.tasks.claim("t1", wait=TOO_LONG)
        self.assertEqual(taken.takeover, claim.token)
        with claim, self.assertRaises(society.FencedError):
            claim.complete()
        self.assertFalse(claim.held)

    def test_cancelled(self) -> None:
        self.w1.tasks.create("one")
        with self.w2.tasks.claim() as claim:
            self.w1.tasks.cancel(claim.id)
        self.assertEqual(self.w1.tasks.get(claim.id)["state"], "cancelled")

    def test_crowd(self) -> None:
        """Processes that send to each other and share tasks: nothing is lost or repeated."""
        source = """
import society, sys
agent, count, awaited = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with society.Society.open(agent=agent) as s:
    for i in range(count):
        s.send("all", f"{agent}-{i}")
    try:
        while True:
            claim = s.tasks.claim()
            claim.complete()
            print("completed", claim.id)
    except society.NotFoundError:
        pass
    stream = s.messages(timeout=60)
    for _ in range(count * awaited):
        print("received", next(stream)["content"])
    stream.commit()
"""
        ids = self.w1.tasks.create_all({"title": str(i)} for i in range(60))
        agents = [f"p{i}" for i in range(4)]
        processes = [self.python(source, agent, "50", "3") for agent in agents]
        outputs = []
        for process in processes:
            out, err = process.communicate(timeout=3 * TOO_LONG)
            self.assertEqual((process.returncode, err), (0, ""))
            outputs.append(out)
        for agent, out in zip(agents, outputs):
            expected = [f"{other}-{i}" for other in agents if other != agent for i in range(50)]
            self.assertEqual(sorted(re.findall(r"^received (.*)$", out, re.M)), sorted(expected))
        self.assertEqual(sorted(re.findall(r"^completed (.*)$", "".join(outputs), re.M)), sorted(ids))


class Ownership(InASociety):
    def test_life(self) -> None:
        with self.w1.ownership.acquire(["src/**"], reason="auth", lease=60) as mine:
            self.assertEqual((mine.paths, mine.mode, mine.lease), (["src/**"], "exclusive", 60))
            [found] = self.w2.ownership.check("src/a.c")
            self.assertEqual((found["path"], found["owner"]["holder"]), ("src/a.c", "w1"))
            with self.assertRaises(society.HeldError):
                self.w2.ownership.acquire("src/a.c")
            mine.renew()
        self.assertEqual(self.w2.ownership.list(), [])
        first = self.w1.ownership.acquire(["a", "b"], shared=True)
        self.w2.ownership.acquire("a", shared=True)
        first.handover("w3")
        with self.assertRaises(society.FencedError):
            first.release()
        self.assertEqual(self.w3.ownership.renew(lease=5), 1)
        self.w3.ownership.handover("b", "w1")
        self.assertEqual(self.w1.ownership.release(["b"]), 1)
        with self.assertRaises(society.NotFoundError):
            self.w1.ownership.release()

    def test_waiting(self) -> None:
        mine = self.w1.ownership.acquire("a")
        with self.assertRaises(society.WaitTimeoutError) as late:
            self.w2.ownership.acquire("a", wait=0.02)
        self.assertIn("w1", str(late.exception))
        other = self.member("w1")
        self.in_background(lambda: other.ownership.release("a"))
        self.w2.ownership.acquire("a", wait=True)
        with self.assertRaises(society.FencedError):
            mine.release()
        self.w1.ownership.acquire("b")
        waiter = self.member("w2")
        self.in_background(lambda: waiter.ownership.acquire("b", wait=True))
        while len(self.w1.ownership.list()) < 3:
            pass
        with self.assertRaises(society.DeadlockError):
            self.w1.ownership.acquire("a", wait=True)
        self.w1.ownership.release("b")

    def test_mutex(self) -> None:
        with self.w1.mutex("gc") as mutex:
            self.assertEqual(mutex.name, "gc")
            with self.assertRaises(society.HeldError):
                self.w2.mutex("gc")
            with self.assertRaises(society.WaitTimeoutError):
                self.w2.mutex("gc", wait=0.02)
        held = self.w2.mutex("gc")
        self.in_background(held.release)
        self.w1.mutex("gc", wait=TOO_LONG)  # which is forgotten, and so given back
        self.w2.mutex("gc").release()


class TheWhole(InASociety):
    def test_status_doctor_compact(self) -> None:
        self.w1.send("w2", "x")
        status = self.w1.status()
        self.assertEqual(status["projectId"], self.project.name)
        with open(self.project / ".society-agent" / "messages.jsonl", "a", encoding="utf-8") as log:
            log.write("no JSON\n")
        [report] = [log for log in self.w1.doctor() if log["log"] == "messages"]
        self.assertEqual((report["malformed"], len(report["problems"])), (1, 1))
        [done] = self.w1.compact("messages", force=True)
        self.assertEqual(done["log"], "messages")

    def test_forgotten(self) -> None:
        def count() -> int:
            return len(os.listdir("/proc/self/fd"))

        self.w1.online("w4")
        before = count()
        forgotten = Society.open(self.project, agent="w4")
        forgotten.join()
        streams = [forgotten.messages(), forgotten.follow("tasks")]
        self.assertGreater(count(), before)
        del forgotten, streams
        self.assertEqual(count(), before)
        self.assertFalse(self.w1.online("w4"))

    def test_not_forgotten(self) -> None:
        """What is held keeps its society."""
        self.w1.tasks.create("one")
        with Society.open(self.project, agent="w4").join():
            self.assertTrue(self.w1.online("w4"))
            with Society.open(self.project, agent="w5").tasks.claim() as claim:
                claim.complete()
            with Society.open(self.project, agent="w5").ownership.acquire("a") as reservation:
                reservation.renew()
        self.assertFalse(self.w1.online("w4"))
        self.assertEqual(self.w1.ownership.list(), [])


class TheLibrary(InASociety):
    def say(self, **environment: str) -> str:
        source = """
import society
try:
    society.Society.open("/")
except society.SocietyError as error:
    print(type(error).__name__, error)
"""
        out, err = self.python(source, **environment).communicate(timeout=TOO_LONG)
        self.assertEqual(err, "")
        return out

    def test_found(self) -> None:
        self.assertTrue(self.say().startswith("NoSocietyError "))

    def test_missing(self) -> None:
        said = self.say(SOCIETY_LIBRARY="/nowhere/libsociety.so.0")
        self.assertRegex(said, r"^LibraryError libsociety cannot be loaded \(/nowhere/libsociety\.so\.0: .*SOCIETY_LIBRARY")

    def test_too_old(self) -> None:
        names = [name for name in society._FUNCTIONS if name != "society_version"]
        version = 'const char *society_version(void) { return "0.0.9"; }\n'
        every = "".join(f"int {name}(void) {{ return 0; }}\n" for name in names)
        for source, words in ((version, "too old, or not libsociety"), (version + every, "libsociety 0.0.9")):
            library = self.project / "libsociety.so.0"
            subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-o", library, "-"], input=source, text=True, check=True)
            self.assertIn(words, self.say(SOCIETY_LIBRARY=str(library)))


class Arguments(InASociety):
    """What C cannot hold is told, and not cut."""

    def test_integers(self) -> None:
        for start in (2**64, -(2**70), 1.5, "x"):
            with self.assertRaises(society.InvalidError, msg=start):
                self.w1.messages(start)  # type: ignore[arg-type]
        self.w1.tasks.create("x")
        claim = self.w1.tasks.claim()
        with self.assertRaises(society.InvalidError):
            self.w1.tasks.change("t1", "release", None, claim.token + 2**64)
        self.assertEqual(claim.task()["state"], "claimed")

    def test_leases(self) -> None:
        for lease in (float("nan"), float("inf"), -1.0, 0.0):
            with self.assertRaises(society.InvalidError, msg=lease):
                self.w1.ownership.acquire("a", lease=lease)
        for lease in (float("nan"), float("inf"), -1.0):
            with self.assertRaises(society.InvalidError, msg=lease):
                self.w1.tasks.claim(lease=lease)
            with self.assertRaises(society.InvalidError, msg=lease):
                self.w1.ownership.renew(lease=lease)
        self.assertEqual(self.w1.ownership.acquire("a", lease=0.0001).lease, 0.001)

    def test_paths(self) -> None:
        self.w1.ownership.acquire("src/**")
        found = self.w2.ownership.check([pathlib.Path("src/a"), "src/b"])
        self.assertEqual([owned["path"] for owned in found], ["src/a", "src/b"])
        self.assertEqual(len(self.w2.ownership.check(self.project / "src" / "a")), 1)
        with self.assertRaises(society.InvalidError):
            self.w1.ownership.acquire(pathlib.Path("src"))  # type: ignore[arg-type]
        Society.open(os.fsencode(self.project), agent="w1").close()  # type: ignore[arg-type]

    def test_shown(self) -> None:
        self.w1.tasks.create("x")
        with self.w1.tasks.claim() as claim, self.w1.ownership.acquire("a") as mine, self.w1.mutex("m") as mutex:
            shown = [repr(value) for value in (self.w1, claim, mine, mutex, self.w1.messages())]
        self.assertEqual(shown[0], f"<society {self.project}/.society-agent as w1>")
        self.assertEqual(shown[1:3], [f"<claim t1, token {claim.token}>", f"<reservation ['a'], token {mine.token}>"])
        self.assertEqual(shown[3:], ["<mutex m>", "<stream of messages>"])
        self.assertEqual((repr(claim)[:7], repr(mutex)), ("<former", "<former mutex m>"))


class Documents(InASociety):
    def test_readme(self) -> None:
        """What README.md shows works, one block after the other, in one project."""
        blocks = re.findall(r"^```python\n(.*?)^```", (HERE / "README.md").read_text(), re.M | re.S)
        self.assertGreaterEqual(len(blocks), 4)
        with tempfile.TemporaryDirectory(prefix="society-python-") as scratch:
            for block in blocks:
                env = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
                done = subprocess.run(
                    [sys.executable, "-c", block], cwd=scratch, env=env, text=True, capture_output=True, timeout=TOO_LONG, check=False
                )
                self.assertEqual((done.returncode, done.stderr), (0, ""), block)

    def test_names(self) -> None:
        public = {name for name, value in vars(society).items() if getattr(value, "__module__", "") == "society"}
        self.assertEqual({name for name in public if not name.startswith("_")} - set(society.__all__), set())
        json.dumps(society.__all__)


if __name__ == "__main__":
    unittest.main()
