/** What applications say: texts and DNS messages; and what they do with their sockets. */
import { dnsFault, dnsMessage } from '../../../net/dns.ts';
import { address, choice, integer, type Kind, says, text } from '../../net/file/kinds.ts';
import { as, forms, record } from '../../net/file/parts.ts';
import type { Application } from '../model.ts';
import { words } from './kinds.ts';

/** A DNS message by what it says. */
export const dns: Kind<Uint8Array> = as(
  record(
    'dns',
    'A DNS message: a question, or with `answer` the answer to it.',
    {
      id: says(integer(0, 65535), 'Its number, that of question and answer.', '1'),
      query: says(text, 'The name that is asked for: `web.default.svc`.'),
      type: says(choice({ A: 'A', AAAA: 'AAAA' } as const), 'What is asked for.', "`A`, or the answer's"),
      answer: says(address, 'The address that is the answer.'),
    },
    ['query'],
    { check: dnsFault },
  ),
  dnsMessage,
);

/** A text, in UTF-8. */
export const utf8: Kind<Uint8Array> = as(words, (v) => new TextEncoder().encode(v));

/** Data as people write it: a text, in UTF-8, or a DNS message. */
export const data: Kind<Uint8Array> = forms({
  text: utf8,
  record: as(record('data', 'Data by what it means.', { dns: says(dns, 'A DNS message.') }, ['dns']), (v) => v.dns),
});

const SERVES = { sink: { kind: 'sink' }, echo: { kind: 'echo' }, idle: { kind: 'idle' } } as const;

/** What an application does with its socket. */
export const serve: Kind<Application> = forms(
  {
    text: {
      read: (v): Application | undefined =>
        typeof v === 'string' && Object.hasOwn(SERVES, v) ? SERVES[v as keyof typeof SERVES] : undefined,
      wanted: `one of ${Object.keys(SERVES).join(', ')}`,
      schema: { enum: Object.keys(SERVES) },
    },
    record: as(
      record(
        'reply',
        'An application that answers.',
        {
          reply: says(data, 'What it answers to each piece of data.'),
          dns: says(address, 'A name server: the address that it answers to each question for one of its family.'),
        },
        [],
        {
          check: (v) => ((v.reply === undefined) === (v.dns === undefined) ? 'reply or dns, one of them' : undefined),
          also: { oneOf: [{ required: ['reply'] }, { required: ['dns'] }] },
        },
      ),
      ({ reply, dns: found }): Application =>
        found ? { kind: 'dns', address: found } : { kind: 'reply', bytes: reply! },
    ),
  },
  '`sink`, `echo`, `idle` or reply',
);
