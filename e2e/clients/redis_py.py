"""Writes and reads keys through redis-py's cluster client; task.ts has the shapes of standard input and output."""
import json
import sys
import threading
import time
from datetime import datetime, timezone

from redis.cluster import ClusterNode, RedisCluster

PAUSE_SECONDS = 0.005


def parse(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def connect(task):
    def remap(address):
        return parse(task["reach"].get("%s:%d" % address, "%s:%d" % address))

    seeds = [ClusterNode(*remap(parse(address))) for address in task["addresses"]]
    return RedisCluster(startup_nodes=seeds, password=task["password"] or None, address_remap=remap, decode_responses=True)


def now():
    """Time of day in UTC, as the nodes' logs have it."""
    return datetime.now(timezone.utc).strftime("%H:%M:%S.%f")[:12]


def run(task):
    client = connect(task)
    done = {"written": 0, "read": 0, "errors": []}
    for key in task["keys"]:
        try:
            if task["write"] and client.set(key, task["value"] + key):
                done["written"] += 1
            got = client.get(key)
            if got == task["value"] + key:
                done["read"] += 1
            else:
                done["errors"].append("GET %s: %r" % (key, got))
        except Exception as error:  # a report, not a crash: the suite counts them
            done["errors"].append("%s: %s %s" % (key, type(error).__name__, error))
    return done


def run_until_told(task):
    """Each key's newest acknowledged value must be there, at every round and at the end."""
    client = connect(task)
    done = {"written": 0, "read": 0, "errors": [], "longestMs": 0.0}
    told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
    newest = {}

    def attempt(what, operation):
        started = time.monotonic()
        try:
            return operation()
        except Exception as error:
            done["errors"].append("%s %s: %s %s" % (now(), what, type(error).__name__, error))
            return None
        finally:
            done["longestMs"] = max(done["longestMs"], (time.monotonic() - started) * 1000)

    def check(key):
        got = attempt("GET " + key, lambda: client.get(key))
        if got == newest.get(key):
            done["read"] += 1
        else:
            done["errors"].append("%s GET %s: %r instead of %r" % (now(), key, got, newest.get(key)))

    turn = 0
    while not told.is_set():
        key = task["keys"][turn % len(task["keys"])]
        value = "%s%d" % (task["value"], turn)
        if attempt("SET " + key, lambda: client.set(key, value)):
            newest[key] = value
            done["written"] += 1
        check(key)
        turn += 1
        time.sleep(PAUSE_SECONDS)
    for key in newest:
        check(key)
    return done


todo = json.loads(sys.stdin.readline())
json.dump(run_until_told(todo) if todo.get("endless") else run(todo), sys.stdout)
