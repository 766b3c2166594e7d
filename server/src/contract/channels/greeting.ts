/**
 * The line with which `palmtree-server connect` begins. A shell's start files may print something before it; frames follow it.
 * The number counts incompatible changes of the frames.
 */
export const greeting = 'palmtree-connect 1';
