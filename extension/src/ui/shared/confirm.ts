import { PalmtreeError } from '../../errors';
import { showModal } from './notification';

/** Asks in a modal dialog. Throws cancelled unless the user picks `action`. */
export async function confirm(message: string, detail: string, action: string): Promise<void> {
  const answer = await showModal('warning', message, detail, action);
  if (answer !== action) throw new PalmtreeError('cancelled', `${action} was not confirmed`);
}
