/** Shells that there is a script for. */
export type Shell = "bash" | "zsh" | "fish";

/**
 * The scripts know nothing of Sluice: what to complete is asked of the program at each press of the key, so they stay right as
 * it grows. What it answers is only ever data to them: nothing of it is evaluated, expanded or split by words.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# completion of sluice for bash: source <(sluice completion bash)
_sluice_complete() {
  local kind="" word
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS= read -r word; do COMPREPLY+=("$word"); done
  } < <(sluice __complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  case "$kind" in
    *" open") compopt -o nospace 2>/dev/null ;;
    files) compopt -o default -o filenames 2>/dev/null ;;
    folders) compopt -o dirnames -o filenames 2>/dev/null ;;
  esac
  return 0
}
complete -o nosort -F _sluice_complete sluice 2>/dev/null || complete -F _sluice_complete sluice
`,
  zsh: String.raw`#compdef sluice
# completion of sluice for zsh: source <(sluice completion zsh), below compinit
_sluice() {
  local -a lines words_ shown
  local kind line word
  lines=("${"$"}{(@f)$(sluice __complete zsh "${"$"}{(@Q)words[1,CURRENT-1]}" "${"$"}{(Q)PREFIX}" 2>/dev/null)}")
  kind="${"$"}{lines[1]}"
  for line in "${"$"}{(@)lines[2,-1]}"; do
    word="${"$"}{line%%$'\t'*}"
    [[ -n "$word" ]] || continue
    words_+=("$word")
    if [[ "$line" == *$'\t'* ]]; then shown+=("$word  -- ${"$"}{line#*$'\t'}"); else shown+=("$word"); fi
  done
  case "$kind" in
    files) _files ;;
    folders) _files -/ ;;
    *" open") compadd -S '' -l -d shown -a words_ ;;
    *) compadd -l -d shown -a words_ ;;
  esac
}
if [[ "$funcstack[1]" == _sluice ]]; then _sluice "$@"; else compdef _sluice sluice; fi
`,
  fish: String.raw`# completion of sluice for fish: sluice completion fish > ~/.config/fish/completions/sluice.fish
function __sluice_complete
    set -l lines (sluice __complete fish (commandline -opc) (commandline -ct | string unescape 2>/dev/null; or commandline -ct) 2>/dev/null)
    test (count $lines) -gt 0; or return
    switch $lines[1]
        case files
            __fish_complete_path (commandline -ct)
        case folders
            __fish_complete_directories (commandline -ct)
        case '*'
            printf '%s\n' $lines[2..-1]
    end
end
complete -c sluice -f -a '(__sluice_complete)'
`,
};
