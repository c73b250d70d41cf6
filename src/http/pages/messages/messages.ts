import type { WallTime } from '../../../domain/time.ts'
import type { ReadingErrorCode } from '../../../domain/errors.ts'

/** What an error tells of itself beyond its code, so that a page can say what to change. */
export type Reason =
  | 'unknown-topic'
  | 'too-many-topics'
  | 'too-many-words'
  | 'too-long'
  | 'ended'
  | 'empty-month'
  | 'no-release'

/** All texts of the pages in one language. A file that lacks one does not compile. */
export type Messages = {
  /** Language tag. */
  language: string
  day: (time: WallTime) => string
  dayAndTime: (time: WallTime) => string
  /** Short names of the months, January first. */
  months: string[]
  month: (year: number, month: number) => string

  toContent: string
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
  copy: string
  copied: string
  openIn: string
  openInLabel: (reader: string) => string
  forReaders: string
  everyTopicAsOpml: string
  theseTopicsAsOpml: string

  build: string
  buildThis: string
  buildIntroduction: string
  changeThis: string
  wantedTopics: string
  any: string
  all: string
  leaveOut: string
  unwantedTopics: string
  releaseLanguage: string
  words: string
  wordsHint: string
  show: string
  tooRich: string
  resultAnnounced: (title: string) => string

  published: string
  changed: string
  otherLanguages: string
  followTopics: string
  pictureElsewhere: string

  forPrograms: string
  everyTopicForPrograms: string
  extension: string

  errors: Record<ReadingErrorCode, { title: string; text: string }>
  reasons: Record<Reason, string>
  insteadTopics: string
  lookFor: string
  toHome: string
}
