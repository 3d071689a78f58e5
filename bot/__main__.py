"""The command line: `python -m bot --help`."""

import typer

from bot.commands import looking, operating, preparing, products, starting, talking, verifying

COMMANDS = (
    starting.run,
    starting.start,
    starting.web,
    starting.worker,
    starting.sender,
    starting.scheduler,
    preparing.migrate,
    preparing.seed,
    preparing.doctor,
    operating.explain,
    looking.replay,
    looking.shadow,
    looking.trial_balance,
    looking.payouts,
    starting.chat,
    looking.diagram,
    starting.simulator,
)

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A WhatsApp service platform: shop, book, learn, get help and pay in chat."
    " Settings come from the environment and .env; .env.example explains each.",
)
for command in COMMANDS:
    cli.command()(command)
operating.parked.command("payments")(looking.payments)
cli.add_typer(operating.parked, name="parked")
cli.add_typer(looking.reconciling, name="payments")
cli.add_typer(operating.numbers, name="numbers")
cli.add_typer(products.products, name="products")
cli.add_typer(verifying.businesses, name="businesses")
cli.add_typer(talking.handover, name="handover")

if __name__ == "__main__":
    cli()
