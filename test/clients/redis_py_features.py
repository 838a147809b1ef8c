"""What an application does through redis-py, as a cluster client. Usage: redis_py_features.py HOST PORT PROTOCOL ; prints what came of it as JSON."""
import json
import sys
import threading

from redis import ResponseError
from redis.cluster import RedisCluster

host, port, protocol = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = RedisCluster(host=host, port=port, protocol=protocol)
done = {}

binary = bytes(range(256))
client.set("py:binary", binary)
done["binary"] = client.get("py:binary") == binary

pipe = client.pipeline()
for i in range(300):
    pipe.set("py:%d" % i, i).get("py:%d" % i)
done["pipeline"] = pipe.execute()[1::2] == [str(i).encode() for i in range(300)]

with client.pipeline(transaction=True) as transaction:
    transaction.watch("{py}1")
    transaction.multi()
    transaction.set("{py}1", "1").incr("{py}1")
    done["transaction"] = transaction.execute() in ([True, 2], [b"OK", 2])

client.hset("py:hash", mapping={"a": "1", "b": "2"})
client.zadd("py:zset", {"a": 1.5, "b": 2})
done["hash"] = client.hgetall("py:hash") == {b"a": b"1", b"b": b"2"}
scored = client.zrange("py:zset", 0, -1, withscores=True)
done["zset"] = [tuple(one) for one in scored] == [(b"a", 1.5), (b"b", 2.0)]
done["scan"] = len(set(client.scan_iter(match="py:[0-9]*", count=50)))

popped = []
waiter = threading.Thread(target=lambda: popped.append(client.blpop(["{py}list"], timeout=20)))
waiter.start()
client.rpush("{py}list", "x")
waiter.join()
done["blpop"] = [tuple(one) for one in popped] == [(b"{py}list", b"x")]

listener = client.pubsub()
listener.subscribe("py-news")
listener.get_message(timeout=20)
client.publish("py-news", "hello")
message = listener.get_message(timeout=20)
done["pubsub"] = message is not None and message["data"] == b"hello"
listener.close()

try:
    client.execute_command("INCR", "py:binary")
    done["error"] = "none"
except ResponseError as error:
    done["error"] = str(error)

json.dump(done, sys.stdout)
