/**
 * The line with which `palmtree-server connect` begins. Before it may be the output of another program,
 * such as a shell's start files; frames follow. The number counts incompatible changes of the frames.
 */
export const greeting = 'palmtree-connect 1';
