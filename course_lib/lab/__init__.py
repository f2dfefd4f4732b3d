"""What runs in JupyterLab beside a notebook's own code: explorers, and how they are saved."""
