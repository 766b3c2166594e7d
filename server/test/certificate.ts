import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from './temporaryFolder';

/** Makes a certificate for this machine that nobody has signed. */
export function makeCertificate(): { readonly certFile: string; readonly keyFile: string } {
  const folder = temporaryFolder();
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['-x509', '-newkey', 'ed25519', '-nodes', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', ...kind, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' });
  return { certFile, keyFile };
}
