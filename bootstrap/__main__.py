"""Make who may: run once by an administrator, see README.md."""

from fleet_bootstrap import program

program.main()
