/**
 * A text that reaches a container as it is, as an argument, a part of its command, or a variable's value. Kubernetes replaces `$(NAME)` there by
 * environment variables, and `$$` by `$` (API reference, Container `args`).
 */
export function escapeReferences(text: string): string {
  return text.replaceAll('$', '$$$$');
}
