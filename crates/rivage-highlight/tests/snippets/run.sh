#!/usr/bin/env bash
set -euo pipefail; export NAME="x ${HOME:-/root} $(date +%s) `uname`" # comment
for f in *.txt "$@"; do if [[ -f $f && $f =~ ^a.*b$ ]] || [ "$f" -gt 3 ]; then cat <<EOF | grep -v --color=auto 'x' > /dev/null 2>&1
heredoc $NAME \$esc $((1 + 2 * i))
EOF
fi; done
function go { local a=(1 2 "three"); echo "${a[@]:1:2}" ${#a} ${f%%.*} | awk '{ print $1 }' && return 0 || exit 1; }
case "$1" in start|stop) go & ;; *) printf '%s\n' $'a\tb' ;; esac
cat <<-'END'
	raw $NAME
	END
