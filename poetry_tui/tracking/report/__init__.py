"""The experiment report: settings, curves and samples of runs, as Markdown, HTML and SVG."""
