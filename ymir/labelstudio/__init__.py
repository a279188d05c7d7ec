"""Label Studio over HTTP: its projects, tasks, images and answers, without its SDK."""
