# SPDX-License-Identifier: BSD-3-Clause
# zsh -f press_tab.zsh FOLDER WORDS: types WORDS and TAB into an interactive zsh that has the completions
# of FOLDER, and prints the line as zsh leaves it.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; unsetopt prompt_cr prompt_sp; fpath=(${(q)1} \$fpath); autoload -U compinit && compinit -u -D"
zpty -w shell "finish() { print -r -- \"<\$BUFFER>\"; exit }; zle -N finish; bindkey '^X' finish; print ready-\$((1+1))"
zpty -r shell line '*ready-2*'
zpty -w -n shell "$2"$'\t\x18'
zpty -r shell line '*<*>*'
print -r -- ${${line##*<}%%>*}
zpty -d shell
