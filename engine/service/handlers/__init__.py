"""What the service can do, an operation a module; `engine.service.server` lists them by name. Free of torch until one is carried out."""
