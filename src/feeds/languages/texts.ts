import type { ReadingErrorCode } from '../../domain/errors.ts'
import type { Kind } from '../../domain/kind.ts'
import type { WallTime } from '../../domain/time.ts'

/** Everything that the service says to readers in one language. A file that lacks a text does not compile. */
export type Texts = {
  /** Language tag, without a territory. */
  language: string
  /** What speakers call their language. */
  name: string
  /** Territory, for programs that want a language with one. */
  territory: string
  documents: Wording
  pages: Messages
}

/** The few words that documents need beside those of the publisher. */
export type Wording = {
  and: string
  or: string
  without: string
  allLanguages: string
  /** Put around the words of a search. */
  searchFor: (words: string) => string
  /** The same where nothing stands before it. */
  releasesFor: (words: string) => string
  correction: string
  withdrawn: string
  withdrawals: string
  corrects: string
  correctedBy: string
  replacedBy: string
  /** Before the time its author gave a release that came out later. */
  dated: string
  event: string
  attachments: string
  related: string
  contacts: string
  telephone: string
  photo: string
  /** Title of the last entry of a feed. */
  ended: string
  /** Its text, for the title of the feed. */
  endedText: (title: string) => string
  instead: string
  kinds: Record<Kind, string>
  kindsInPlural: Record<Kind, string>
  withoutKinds: Record<Kind, string>
  /** All releases, before who published them. */
  releases: string
  /** Kinds of release on some topics. */
  about: (kinds: string, topics: string) => string
  /** What some publishers publish. No name is inflected. */
  publishedBy: (what: string, publishers: string) => string
  /** The same where topics stand before it, and its opposite. */
  by: (publishers: string) => string
  notBy: (publishers: string) => string
}

/** The reason of an error beyond its code, so that a page can say what to change. */
export type Reason =
  | 'unknown-topic'
  | 'unknown-publisher'
  | 'unknown-kind'
  | 'too-many-topics'
  | 'too-many-words'
  | 'too-long'
  | 'ended'
  | 'empty-month'
  | 'no-release'
  | 'no-preview'
  | 'preview-ended'

/** The texts of the pages. */
export type Messages = {
  day: (time: WallTime) => string
  dayAndTime: (time: WallTime) => string
  /** From one day to another, or one day, without saying anything twice. */
  days: (from: WallTime, to: WallTime) => string
  /** The same with the times of day at its ends. */
  hours: (days: string, from: WallTime, to: WallTime) => string
  /** Names of the months in the archive on pages, January first. */
  months: string[]
  month: (year: number, month: number) => string

  toContent: string
  toFilter: string
  search: string
  searchLabel: string
  languages: string
  allLanguages: string
  timesOf: (timezone: string) => string
  privacy: string
  withdrawals: string

  newest: string
  releases: string
  countOfReleases: (count: number) => string
  newestOf: (count: number) => string
  noReleases: string
  noReleasesFound: string
  page: (page: number, pages: number) => string
  newerPage: string
  olderPage: string
  archive: string
  wholeList: string

  topics: string
  broaderTopic: string
  narrowerTopics: string
  lastRelease: string

  subscribe: string
  howToSubscribe: string
  addressOf: (format: string) => string
  copyFeed: string
  copy: string
  copied: string
  openIn: string
  openInLabel: (reader: string) => string
  /** The events of a question, for the reader's own calendar. */
  eventsAsCalendar: string
  openInCalendar: string
  /** Before what stands behind the first address. */
  moreWays: string
  /** In place of an address that is that of another choice. */
  addressFollows: string
  forReaders: string
  everyTopicAsOpml: string
  theseTopicsAsOpml: string
  /** On top of a feed that was opened in a browser. */
  isFeed: (format: string) => string
  isArchive: (format: string) => string
  toSubscribe: string

  build: string
  buildThis: string
  wantedTopics: string
  publishers: string
  kinds: string
  any: string
  all: string
  leaveOut: string
  narrowList: string
  languageAndWords: string
  releaseLanguage: string
  words: string
  wordsHint: string
  /** Before a list of questions that have a word less than one that finds nothing. */
  withOneLess: string
  moreReleasesThan: (count: number) => string
  show: string
  /** How many releases the choice finds; or that there are more than that. */
  matching: (count: number, isMore: boolean) => string
  waiting: string
  failed: string
  tooRich: string
  resultAnnounced: (title: string) => string

  published: string
  changed: string
  otherLanguages: string
  followTopics: string
  pictureElsewhere: string

  /** On top of a release that is shown to somebody before its time. */
  notPublic: string
  /** Before the day and time. */
  comesOut: string
  /** Of a release that has no time yet. */
  isDraft: string
  notToBePassedOn: string

  picturesToDownload: string
  newOn: (what: string) => string

  forPrograms: string
  forDevelopers: string

  errors: Record<ReadingErrorCode, { title: string; text: string }>
  reasons: Record<Reason, string>
  /** Before the address that was asked for. */
  askedFor: string
  insteadTopics: string
  lookFor: string
  /** Before whom to ask. */
  contact: string
  toHome: string
}
