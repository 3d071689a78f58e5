"""Programs that do with other libraries what a menu turn of ours does: a webhook in over HTTP, one
step of a person's state, the answer out over HTTP. Each is written as its documentation advises,
as fast as it reasonably can be, runs in an environment of its own (the .txt of its library), and
is called as `python -m tests.benchmark.peers.NAME PORT PROVIDER [REDIS SOCKET]`."""
