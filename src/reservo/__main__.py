from reservo.config.cli import main

main()
