import type { ReadyEvent, RevisionEvent } from '../contract/history';

export function revisionEventText(event: RevisionEvent): string {
  return eventText('revision', event.revision, event);
}

export function readyEventText(event: ReadyEvent): string {
  return eventText('ready', event.revision, event);
}

/** JSON text has no line break, so the data is one line. Clients drop an event without data. */
function eventText(name: string, id: number, data: object): string {
  return `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
