"""The container engine of this machine, Docker or Podman: images, containers, faults."""
