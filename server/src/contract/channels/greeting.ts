/**
 * The line with which `palmtree-server connect` begins. What comes before it is another program's, such as a shell's start
 * files; frames follow. The number counts incompatible changes of the frames.
 */
export const greeting = 'palmtree-connect 1';
