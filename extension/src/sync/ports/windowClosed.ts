/** The reason of a signal that was aborted because the window is closing, and not because the user cancelled. */
export const windowClosed = new Error('the window is closing');
