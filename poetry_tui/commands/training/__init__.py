"""Commands about trainings: runs, monitor, report, experiment."""
