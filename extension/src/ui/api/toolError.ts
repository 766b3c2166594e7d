/** An error whose message is for a language model, which can mend its input. */
export class ToolError extends Error {}
