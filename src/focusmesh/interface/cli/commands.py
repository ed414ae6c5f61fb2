"""Every command of the program: its name, and the module and function that are loaded when somebody calls it."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A command by name; ``function`` of ``module`` carries it out, and the first line of its docstring is its help.

    What is hidden works and is not listed: another name of a command, which is kept for whoever is used to it.
    """

    name: str
    module: str
    function: str
    hidden: bool = False


class Group(NamedTuple):
    """Commands under one word; ``help`` is what the program says of them."""

    name: str
    help: str
    members: tuple[Command, ...]


PANELS = {
    "Rank and ask": (
        *(
            "demo",
            "rank",
            "context",
            "explain",
            "walk",
            "recall",
            "ask",
            "compute",
            "match",
            "rules",
            "properties",
            "eval",
            "diff",
            "plot",
        ),
    ),
    "Import and export": (
        *("build", "import", "export", "info", "compile", "tune", "cluster", "plan", "warm"),
    ),
    "Prove": ("certify", "verify", "query", "light", "fraud", "availability"),
    "Ledger and keys": ("keys", "node", "tx", "chain", "state", "pin", "forget"),
    "Network": ("serve", "mcp", "config", "network", "monitor", "recover", "localnet", "world"),
    "Grid and programs": ("grid", "rewrite"),
}
"""The panels of ``focusmesh --help`` in their order, each with its commands and groups in theirs."""
WITH_COMMANDS = (
    "focusmesh.apps.bank",
    "focusmesh.apps.grid",
    "focusmesh.apps.pins",
    "focusmesh.apps.validators",
    "focusmesh.apps.changes",
    "focusmesh.apps.delegation",
)
"""Packages of applications whose commands stand in groups below: the program loads none to list its commands."""
COMMANDS = (
    Command("rank", "focusmesh.interface.cli.graph.rank", "rank"),
    Command("context", "focusmesh.interface.cli.graph.context", "context"),
    Command("explain", "focusmesh.interface.cli.graph.explain", "explain"),
    Command("walk", "focusmesh.interface.cli.graph.walk", "walk"),
    Command("recall", "focusmesh.interface.cli.graph.recall", "recall"),
    Command("ask", "focusmesh.interface.cli.graph.ask", "ask"),
    Command("compute", "focusmesh.interface.cli.programs.compute", "compute"),
    Command("match", "focusmesh.interface.cli.programs.match", "match"),
    Command("eval", "focusmesh.interface.cli.graph.evaluate", "eval_"),
    Command("diff", "focusmesh.interface.cli.graph.diff", "diff"),
    Command("plot", "focusmesh.interface.cli.graph.plot", "plot"),
    Command("plan", "focusmesh.interface.cli.graph.plan", "plan"),
    Command("info", "focusmesh.interface.cli.graph.info", "info"),
    Command("build", "focusmesh.interface.cli.graph.documents.build", "build"),
    Command("import", "focusmesh.interface.cli.graph.import_links", "import_"),
    Command("export", "focusmesh.interface.cli.graph.export", "export"),
    Command("certify", "focusmesh.interface.cli.graph.certify", "certify"),
    Command("verify", "focusmesh.interface.cli.ledger.verify", "verify"),
    Command("forget", "focusmesh.interface.cli.ledger.forget", "forget"),
    Command("compile", "focusmesh.interface.cli.graph.compile_graph", "compile_"),
    Command("tune", "focusmesh.interface.cli.graph.tune", "tune"),
    Command("serve", "focusmesh.interface.cli.network.serve", "serve"),
    Command("mcp", "focusmesh.interface.cli.network.mcp", "mcp"),
    Command("monitor", "focusmesh.interface.cli.network.monitor", "monitor"),
    Command("demo", "focusmesh.interface.cli.demo.command", "demo"),
    Command("world", "focusmesh.interface.cli.network.world", "world"),
    Command("warm", "focusmesh.interface.cli.graph.warm", "warm"),
)
GROUPS = (
    Group(
        "keys",
        "Make, list, share, recover and rotate the keys that sign.",
        (
            Command("new", "focusmesh.interface.cli.keys.keys", "new"),
            Command("list", "focusmesh.interface.cli.keys.keys", "list_"),
            Command("show", "focusmesh.interface.cli.keys.keys", "show"),
            Command("passphrase", "focusmesh.interface.cli.keys.keys", "passphrase"),
            Command("export", "focusmesh.interface.cli.keys.key_copies", "export"),
            Command("import", "focusmesh.interface.cli.keys.key_copies", "import_"),
            Command("share", "focusmesh.interface.cli.keys.key_shares", "share"),
            Command("recover", "focusmesh.interface.cli.keys.key_shares", "recover"),
            Command("rotate", "focusmesh.interface.cli.keys.key_rotation", "rotate"),
            Command("sign", "focusmesh.interface.cli.keys.key_requests", "sign_request"),
        ),
    ),
    Group(
        "node",
        "Create a ledger, run its node, back it up, join a network.",
        (
            Command("init", "focusmesh.interface.cli.ledger.node", "init"),
            Command("start", "focusmesh.interface.cli.ledger.node", "start"),
            Command("status", "focusmesh.interface.cli.ledger.node", "status"),
            Command("join", "focusmesh.interface.cli.ledger.network", "join"),
            Command("peers", "focusmesh.interface.cli.ledger.network", "peers"),
            Command("validators", "focusmesh.interface.cli.ledger.network", "validators"),
            Command("voters", "focusmesh.interface.cli.ledger.network", "validators", hidden=True),
            Command("address", "focusmesh.interface.cli.ledger.network", "address"),
            Command("upgrade", "focusmesh.interface.cli.ledger.upgrade", "upgrade"),
            Command("backup", "focusmesh.interface.cli.ledger.backup", "backup"),
            Command("restore", "focusmesh.interface.cli.ledger.backup", "restore"),
        ),
    ),
    Group(
        "recover",
        "Restart voting in an epoch that cannot end.",
        (
            Command("report", "focusmesh.interface.cli.network.recover", "report"),
            Command("sign", "focusmesh.interface.cli.network.recover", "sign"),
            Command("combine", "focusmesh.interface.cli.network.recover", "combine"),
            Command("apply", "focusmesh.interface.cli.network.recover", "apply"),
        ),
    ),
    Group(
        "tx",
        "Sign an operation into a ledger: a link, transfer or stake.",
        (
            Command("link", "focusmesh.interface.cli.ledger.tx", "link"),
            Command(
                "link-program", "focusmesh.interface.cli.programs.link_programs", "link_program"
            ),
            Command("unlink", "focusmesh.interface.cli.ledger.tx", "unlink"),
            Command("transfer", "focusmesh.interface.cli.ledger.tx", "transfer"),
            Command("stake", "focusmesh.interface.cli.ledger.tx", "stake"),
            Command("unstake", "focusmesh.interface.cli.ledger.tx", "unstake"),
            Command("bond", "focusmesh.interface.cli.ledger.bonds", "bond"),
            Command("unbond", "focusmesh.interface.cli.ledger.bonds", "unbond"),
            Command("withdraw", "focusmesh.interface.cli.ledger.bonds", "withdraw"),
            Command("accuse", "focusmesh.interface.cli.ledger.bonds", "accuse"),
            Command("unjail", "focusmesh.interface.cli.ledger.bonds", "unjail"),
            Command("alive", "focusmesh.interface.cli.ledger.bonds", "alive"),
            Command("mint", "focusmesh.interface.cli.ledger.tx", "mint"),
            Command("burn", "focusmesh.interface.cli.ledger.tx", "burn"),
            Command("put", "focusmesh.interface.cli.ledger.tx", "put"),
            Command("property", "focusmesh.interface.cli.ledger.tx", "property_"),
            Command("forget", "focusmesh.interface.cli.ledger.forget", "forget", hidden=True),
            Command("rotate", "focusmesh.interface.cli.ledger.tx", "rotate"),
        ),
    ),
    Group(
        "light",
        "Follow a network by its headers and certificates alone.",
        (
            Command("init", "focusmesh.interface.cli.network.light", "init"),
            Command("follow", "focusmesh.interface.cli.network.light", "follow"),
            Command("status", "focusmesh.interface.cli.network.light", "status"),
            Command("verify", "focusmesh.interface.cli.network.light", "verify"),
        ),
    ),
    Group(
        "fraud",
        "List and check proofs that a block's focus is wrong.",
        (
            Command("show", "focusmesh.interface.cli.network.fraud", "show"),
            Command("verify", "focusmesh.interface.cli.network.fraud", "verify"),
        ),
    ),
    Group(
        "availability",
        "Sample, repair and prove the data of blocks.",
        (
            Command("sample", "focusmesh.interface.cli.network.availability", "sample"),
            Command("repair", "focusmesh.interface.cli.network.availability", "repair"),
            Command("prove", "focusmesh.interface.cli.network.availability_proof", "prove"),
        ),
    ),
    Group(
        "pin",
        "Pay for keeping the data of blocks, or be paid for it.",
        (
            Command("offer", "focusmesh.interface.cli.ledger.pins", "offer"),
            Command("list", "focusmesh.interface.cli.ledger.pins", "list_"),
            Command("take", "focusmesh.interface.cli.ledger.pins", "take"),
            Command("prove", "focusmesh.interface.cli.ledger.pins", "prove"),
            Command("keep", "focusmesh.interface.cli.ledger.pins", "keep"),
            Command("close", "focusmesh.interface.cli.ledger.pins", "close"),
        ),
    ),
    Group(
        "network",
        "Change the rules of a network by votes.",
        (
            Command("propose", "focusmesh.interface.cli.network.changes", "propose"),
            Command("vote", "focusmesh.interface.cli.network.changes", "vote"),
            Command("changes", "focusmesh.interface.cli.network.changes", "list_"),
            Command("rules", "focusmesh.interface.cli.network.changes", "rules"),
            Command("ready", "focusmesh.interface.cli.network.changes", "ready"),
            Command("statement", "focusmesh.interface.cli.network.statement", "statement"),
        ),
    ),
    Group(
        "query",
        "Ask a ledger as of any block that it keeps, with receipts.",
        (
            Command("rank", "focusmesh.interface.cli.ledger.query", "rank"),
            Command("link", "focusmesh.interface.cli.ledger.query", "link"),
            Command("context", "focusmesh.interface.cli.ledger.query", "context"),
            Command("fees", "focusmesh.interface.cli.applications.bank_verbs", "fees"),
            Command("deposits", "focusmesh.interface.cli.applications.bank_verbs", "deposits"),
            Command("account", "focusmesh.interface.cli.ledger.query", "account"),
            Command("weight", "focusmesh.interface.cli.ledger.query_weight", "weight"),
            Command("rules", "focusmesh.interface.cli.ledger.query_rules", "rules"),
            Command("why", "focusmesh.interface.cli.ledger.query_rules", "why"),
        ),
    ),
    Group(
        "chain",
        "Show, verify, export and import the blocks of a ledger.",
        (
            Command("header", "focusmesh.interface.cli.ledger.chain", "header"),
            Command("verify", "focusmesh.interface.cli.ledger.chain", "verify"),
            Command("export", "focusmesh.interface.cli.ledger.chain", "export"),
            Command("import", "focusmesh.interface.cli.ledger.chain", "import_"),
        ),
    ),
    Group(
        "localnet",
        "Run a network of real processes on this machine.",
        (
            Command("up", "focusmesh.interface.cli.network.localnet", "up"),
            Command("down", "focusmesh.interface.cli.network.localnet", "down"),
            Command("status", "focusmesh.interface.cli.network.localnet", "status"),
            Command("perturb", "focusmesh.interface.cli.network.localnet", "perturb"),
            Command("upgrade", "focusmesh.interface.cli.network.localnet", "upgrade"),
        ),
    ),
    Group(
        "cluster",
        "Cut a large graph into parts for a cluster, and check them.",
        (
            Command("partition", "focusmesh.interface.cli.graph.cluster", "partition"),
            Command("verify", "focusmesh.interface.cli.graph.cluster", "verify"),
        ),
    ),
    Group(
        "config",
        "Show the settings of a server, and make API keys.",
        (
            Command("show", "focusmesh.interface.cli.network.config", "show"),
            Command("key", "focusmesh.interface.cli.network.config", "key"),
        ),
    ),
    Group(
        "grid",
        "Create, train, ask and serve a grid of tiny models.",
        (
            Command("demo", "focusmesh.interface.cli.grid.demo", "demo"),
            Command("create", "focusmesh.interface.cli.grid.arrays", "create"),
            Command("train", "focusmesh.interface.cli.grid.arrays", "train"),
            Command("model", "focusmesh.interface.cli.grid.arrays", "model"),
            Command("template", "focusmesh.interface.cli.grid.arrays", "template"),
            Command("instance", "focusmesh.interface.cli.grid.arrays", "instance"),
            Command("connect", "focusmesh.interface.cli.grid.arrays", "connect"),
            Command("remove", "focusmesh.interface.cli.grid.arrays", "remove"),
            Command("status", "focusmesh.interface.cli.grid.requests", "status"),
            Command("list", "focusmesh.interface.cli.grid.requests", "list_"),
            Command("value", "focusmesh.interface.cli.grid.requests", "value"),
            Command("process", "focusmesh.interface.cli.grid.requests", "process"),
            Command("think", "focusmesh.interface.cli.grid.requests", "think"),
            Command("cascade", "focusmesh.interface.cli.grid.requests", "cascade"),
            Command("send", "focusmesh.interface.cli.grid.requests", "send"),
            Command("keys", "focusmesh.interface.cli.grid.letters", "keys"),
            Command("letter", "focusmesh.interface.cli.grid.letters", "letter"),
            Command("receive", "focusmesh.interface.cli.grid.letters", "receive"),
            Command("execute", "focusmesh.interface.cli.grid.requests", "execute"),
            Command("interlock", "focusmesh.interface.cli.grid.requests", "interlock"),
            Command("history", "focusmesh.interface.cli.grid.votes", "history"),
            Command("check", "focusmesh.interface.cli.grid.store", "check"),
            Command("prove", "focusmesh.interface.cli.grid.store", "prove"),
            Command("proof", "focusmesh.interface.cli.grid.store", "proof"),
            Command("prune", "focusmesh.interface.cli.grid.store", "prune"),
            Command("publish", "focusmesh.interface.cli.grid.store", "publish"),
            Command("vote", "focusmesh.interface.cli.grid.votes", "vote"),
            Command("verify", "focusmesh.interface.cli.grid.votes", "verify"),
            Command("serve", "focusmesh.interface.cli.grid.serve", "serve"),
        ),
    ),
    Group(
        "state",
        "Compare the states of two ledgers, or of two heights.",
        (Command("diff", "focusmesh.interface.cli.ledger.state", "diff"),),
    ),
    Group(
        "rules",
        "Derive relations by rules, and ask why.",
        (
            Command("run", "focusmesh.interface.cli.programs.rules", "run"),
            Command("check", "focusmesh.interface.cli.programs.rules", "check"),
            Command("why", "focusmesh.interface.cli.programs.rules", "why"),
            Command("watch", "focusmesh.interface.cli.programs.rules_watch", "watch"),
        ),
    ),
    Group(
        "properties",
        "Show, set and find by properties and labels.",
        (
            Command("show", "focusmesh.interface.cli.graph.properties.particles", "show"),
            Command("set", "focusmesh.interface.cli.graph.properties.particles", "set_"),
            Command("find", "focusmesh.interface.cli.graph.properties.particles", "find"),
        ),
    ),
    Group(
        "rewrite",
        "Run programs of the interaction calculus.",
        (
            Command("run", "focusmesh.interface.cli.programs.rewrite", "run"),
            Command("norm", "focusmesh.interface.cli.programs.rewrite", "norm"),
            Command("collapse", "focusmesh.interface.cli.programs.rewrite", "collapse"),
            Command("links", "focusmesh.interface.cli.programs.link_programs", "links"),
            Command("bench", "focusmesh.interface.cli.programs.rewrite", "bench"),
        ),
    ),
)
