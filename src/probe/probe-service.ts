import type { Output } from '../domain/tool.ts'
import { examineClosely } from './examine-closely.ts'
import { examineFeeds } from './examine-feeds.ts'
import {
  examineHealth,
  examineMissing,
  examineReaders,
  examineUnencrypted,
} from './examine-service.ts'
import type { Finding, KnownFormat } from './finding.ts'
import { readOffer } from './offer.ts'

type Options = {
  /** Feeds to look at. */
  most: number
  formats: KnownFormat[]
  output: Output
}

/**
 * Examines a deployed service from outside, as readers meet it: all of its feeds, the first of each
 * format closely, and what stands before them. Nothing is changed there. Throws NotDone where there is
 * no service that offers feeds.
 */
export async function probeService(
  origin: string,
  { most, formats, output }: Options,
): Promise<{ feeds: number; offered: number; findings: Finding[] }> {
  const { subjects, findings } = await readOffer(origin, formats)
  const looked = subjects.slice(0, most)
  const first = looked.slice(0, formats.length)
  findings.push(...(await examineFeeds(looked, output)))
  for (const subject of first) findings.push(...(await examineClosely(subject)))
  findings.push(await examineReaders(first))
  findings.push(await examineMissing(origin), await examineHealth(origin))
  if (origin.startsWith('https:')) findings.push(await examineUnencrypted(looked[0]!.address))
  return { feeds: looked.length, offered: subjects.length, findings }
}
