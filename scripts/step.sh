# Prints a heading with the seconds since the script began. Source it.
step_began=$SECONDS
step() { printf '\n\033[1m==> %s\033[0m (%d s)\n' "$*" "$((SECONDS - step_began))"; }
