from fleet.program import run

run()
