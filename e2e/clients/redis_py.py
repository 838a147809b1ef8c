"""Writes and reads keys through redis-py's cluster client; task.ts has the shapes of standard input and output."""
import json
import sys

from redis.cluster import ClusterNode, RedisCluster


def parse(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def run(task):
    def remap(address):
        return parse(task["reach"].get("%s:%d" % address, "%s:%d" % address))

    seeds = [ClusterNode(*remap(parse(address))) for address in task["addresses"]]
    client = RedisCluster(startup_nodes=seeds, password=task["password"] or None, address_remap=remap, decode_responses=True)
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
            done["errors"].append("%s: %r" % (key, error))
    return done


json.dump(run(json.load(sys.stdin)), sys.stdout)
