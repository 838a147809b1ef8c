"""Writes and reads keys through redis-py's cluster client. Usage: redis_py_cluster.py HOST PORT KEY... ; prints the number of keys read back."""
import sys

from redis.cluster import RedisCluster

host, port, keys = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
client = RedisCluster(host=host, port=port)
for key in keys:
    assert client.set(key, "py-" + key) is True
read = sum(1 for key in keys if client.get(key) == ("py-" + key).encode())
assert client.mget_nonatomic(keys[:3]) == [("py-" + key).encode() for key in keys[:3]]
print(read)
