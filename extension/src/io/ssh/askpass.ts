// The program that ssh runs to ask the user (SSH_ASKPASS): it passes the question on to the extension, and prints the answer.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { socketVariable, type AskpassAnswer, type SshQuestion } from './sshQuestion';

const question: SshQuestion = { prompt: process.argv[2] ?? '', kind: process.env['SSH_ASKPASS_PROMPT'] ?? '' };
const socket = connect(process.env[socketVariable] ?? '');
socket.on('error', () => process.exit(1));
socket.end(JSON.stringify(question));
void text(socket).then((json) => {
  const { answer } = JSON.parse(json) as AskpassAnswer;
  if (answer === undefined) process.exit(1);
  process.stdout.write(`${answer}\n`);
});
