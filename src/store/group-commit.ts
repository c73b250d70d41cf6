// Changes of the API. Each request may have a process of its own, and there is one transaction in a second:
// whoever is first in it commits all that is staged for the same revision, also what others staged.
import type { Clock } from '../domain/clock.ts'
import { DomainError } from '../domain/errors.ts'
import { keyAt } from '../domain/key.ts'
import { nextSecond, noFreeSecond, waitForFreeSecond, yieldToPriority } from './change-second.ts'
import { type Change, prepareTransaction } from './change-transaction.ts'
import { mostAttempts } from './commit-change.ts'
import { wasCommitted } from './committed.ts'
import { type Database, statement } from './database.ts'
import { type Position, readPosition } from './position.ts'
import { slugsOf } from './slugs.ts'
import { discardAtOnce, hidesWhatWasOut, type Staging } from './staging.ts'

/** Releases of one group: twice as many as a request may have, so that a large one is committed along as well. */
const mostReleases = 1000

/**
 * Milliseconds for which a request that is refused waits until what it staged is taken back: so long that all of it
 * takes no more than five seconds.
 */
const longestTakingBack = 900

/** What is committed with the staged releases of others. */
export type StagedRequest = {
  /** Begins the name of the batch. */
  batch: string
  /** Decides and stages it for a revision and a second; answers whether there is anything to commit. */
  stage: (staging: Staging & { decided: number }) => Promise<boolean>
  /** The rest of the change, which is the same for all that are committed together. */
  readRest: () => Promise<Omit<Change, 'batches'>>
  /** Seconds after which it is given up. */
  patience: number
  /** Where nothing is refused because something large is being written. */
  patientDatabase: Database
  /** Where what is committed can be read, also while something large is being written. */
  reader: Database
}

/** One attempt, in a batch of its own: what could not be discarded belongs to no later one. */
type Attempt = { name: string; until: number; isLast: boolean }

/**
 * Commits what a request stages, together with what others staged. Throws DomainError `unavailable` like
 * `commitChange`; nothing is staged any more then, or it says that something may be.
 */
export async function commitStaged(
  database: Database,
  clock: Clock,
  request: StagedRequest,
): Promise<void> {
  const until = clock.now() + request.patience
  for (let attempt = 1; ; attempt++) {
    const name = `${request.batch}.${attempt}`
    const isLast = attempt >= mostAttempts
    if (await tryToCommit(database, clock, request, { name, until, isLast })) return
  }
}

/** Answers whether the request is done; if not, it is decided anew. */
async function tryToCommit(
  database: Database,
  clock: Clock,
  request: StagedRequest,
  { name, until, isLast }: Attempt,
): Promise<boolean> {
  const before = await readPosition(database, clock.now())
  const now = nextSecond(before, clock.now())
  const isTooLate = () => isLast || clock.now() >= until
  try {
    const isStaged = await request.stage({ batch: name, now, decided: before.revision })
    if (!isStaged) return true
    await yieldToPriority(clock, before)
    const outcome = await commitGroup(database, clock, request, { name, until, before })
    if (outcome === 'committed') return true
    if (outcome === 'stale' && isTooLate()) throw noFreeSecond()
    const isGone = outcome === 'gone' || !(await discardAtOnce(database, name))
    return isGone && (await wasCommitted(request.reader, name, before.revision))
  } catch (error) {
    const fate = await takeBack(request, clock, { name, before })
    if (fate === 'committed') return true
    if (fate === 'unknown') throw error instanceof DomainError ? notTakenBack() : error
    // Another attempt would fail in the same way.
    if (fate === 'nobody was first') throw error
    if (isTooLate()) throw error instanceof DomainError ? error : noFreeSecond()
    return false
  }
}

/**
 * Takes an attempt back that failed, and tells what became of it. What failed may have been done, staging too, and only
 * its answer was lost. `unknown`: it may be committed yet. Else nothing is left of it, and it is said whether the store
 * has moved since.
 */
async function takeBack(
  { patientDatabase, reader }: StagedRequest,
  clock: Clock,
  { name, before }: Pick<Attempt, 'name'> & { before: Position },
): Promise<'committed' | 'unknown' | 'another was first' | 'nobody was first'> {
  const wasThere = await discardInTime(patientDatabase, name)
  const after = await readPosition(reader, clock.now()).catch(() => before)
  // Nobody commits what was decided for another revision.
  const isOver = after.revision !== before.revision
  if (wasThere !== true) {
    const isOut = await wasCommitted(reader, name, before.revision).catch(() => undefined)
    if (isOut) return 'committed'
    if (isOut === undefined || (wasThere === undefined && !isOver)) return 'unknown'
  }
  const isMoved = isOver || (wasThere === true && after.shown !== before.shown)
  return isMoved ? 'another was first' : 'nobody was first'
}

/**
 * Deletes a batch, so that nobody commits it any more. Answers whether it was there, or undefined if that cannot be
 * said yet: where a writer is at work it is deleted before all that others send from now on.
 */
async function discardInTime(database: Database, name: string): Promise<boolean | undefined> {
  const discarded = discardAtOnce(database, name).catch(() => undefined)
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), longestTakingBack)
  })
  return Promise.race([discarded, late])
}

function notTakenBack(): DomainError {
  return new DomainError(
    'unavailable',
    'Something large is being written at present. Send it again in ten seconds: what was taken all the same does not become public twice.',
    { retryAfter: 10 },
  )
}

/**
 * `stale`: another was first. `gone`: nothing is staged any more, because another was first and committed it, or because
 * it was taken for abandoned, which takes far longer than a request may.
 */
async function commitGroup(
  database: Database,
  clock: Clock,
  { readRest, patience }: StagedRequest,
  { name, until, before }: Pick<Attempt, 'name' | 'until'> & { before: Position },
): Promise<'committed' | 'gone' | 'stale'> {
  const { second, position } = await waitForFreeSecond(database, clock, {
    until,
    revision: before.revision,
  })
  if (position.revision !== before.revision) return 'stale'
  const group = { batch: name, revision: position.revision, second, patience }
  const batches = await chooseGroup(database, group)
  if (!batches.includes(name)) return 'gone'
  const change = { ...(await readRest()), batches }
  await database.batch(await prepareTransaction(database, position, change, second))
  return 'committed'
}

type StagedNames = { batch: string; count: number; ids: string; slugs: string }

/**
 * The batches that can be committed together with one: of those that speak of the same release or slug only
 * the first. The others are decided anew. What was staged more than `patience` seconds before is left out: whoever
 * staged it was told that nothing has changed, or was killed. So is a draft of what has come out meanwhile.
 */
async function chooseGroup(
  database: Database,
  {
    batch,
    revision,
    second,
    patience,
  }: { batch: string; revision: number; second: number; patience: number },
): Promise<string[]> {
  const { results } = await statement(
    database,
    `select batch, count(*) as count, json_group_array(id) as ids, json_group_array(json(slugs)) as slugs from (
       select batch, staged, id, ${slugsOf('incoming')} as slugs,
         ${hidesWhatWasOut('?4')} as isTooLate
       from incoming
       where decided = ?1 and (staged >= ?2 or batch = ?3)
       order by number
     ) group by batch having batch = ?3 or not max(isTooLate) order by min(staged), batch`,
    revision,
    second - patience,
    batch,
    keyAt(second),
  ).all<StagedNames>()
  const own = results.find((one) => one.batch === batch)
  const taken = new Set(own ? namesOf(own) : [])
  let count = own?.count ?? 0
  const group = results.filter((one) => {
    if (one.batch === batch) return true
    const names = namesOf(one)
    if (count + one.count > mostReleases || names.some((name) => taken.has(name))) return false
    count += one.count
    for (const name of names) taken.add(name)
    return true
  })
  return group.map((one) => one.batch)
}

/** Identities and slugs of the releases in a batch. */
function namesOf({ ids, slugs }: StagedNames): string[] {
  return [...(JSON.parse(ids) as string[]), ...(JSON.parse(slugs) as string[][]).flat()]
}
