import type { Texts } from './texts.ts'

const two = (number: number) => String(number).padStart(2, '0')

const names =
  'January February March April May June July August September October November December'.split(' ')

export const en: Texts = {
  language: 'en',
  name: 'English',
  territory: 'GB',

  documents: {
    and: 'and',
    or: 'or',
    without: 'without',
    allLanguages: 'all languages',
    searchFor: (words) => `containing “${words}”`,
    releasesFor: (words) => `releases containing “${words}”`,
    correction: 'Correction',
    withdrawn: 'Withdrawn',
    withdrawals: 'Withdrawn releases',
    corrects: 'Corrects',
    correctedBy: 'Corrected by',
    replacedBy: 'Replaced by',
    dated: 'Dated',
    event: 'Event',
    attachments: 'Attachments',
    related: 'Related links',
    contacts: 'Inquiries',
    telephone: 'tel.',
    photo: 'Photo',
    ended: 'This feed has ended',
    endedText: (title) => `No more releases will appear in “${title}”.`,
    instead: 'Subscribe instead to',
    kinds: {
      'press-release': 'press release',
      statement: 'statement',
      speech: 'speech',
      advisory: 'media advisory',
    },
    kindsInPlural: {
      'press-release': 'press releases',
      statement: 'statements',
      speech: 'speeches',
      advisory: 'media advisories',
    },
    withoutKinds: {
      'press-release': 'without press releases',
      statement: 'without statements',
      speech: 'without speeches',
      advisory: 'without media advisories',
    },
    releases: 'releases',
    about: (kinds, topics) => `${kinds} on ${topics}`,
    publishedBy: (what, publishers) => `${what} by ${publishers}`,
    by: (publishers) => `by ${publishers}`,
    notBy: (publishers) => `not by ${publishers}`,
  },

  pages: {
    day: ({ year, month, day }) => `${day} ${names[month - 1]} ${year}`,
    dayAndTime: ({ year, month, day, hour, minute }) => {
      return `${day} ${names[month - 1]} ${year}, ${two(hour)}:${two(minute)}`
    },
    days: (from, to) => {
      const month = names[from.month - 1]!
      const end = `${to.day} ${names[to.month - 1]} ${to.year}`
      if (from.year !== to.year) return `${from.day} ${month} ${from.year} to ${end}`
      if (from.month !== to.month) return `${from.day} ${month} to ${end}`
      return from.day === to.day ? end : `${from.day} to ${end}`
    },
    hours: (days, from, to) =>
      `${days}, ${two(from.hour)}:${two(from.minute)}–${two(to.hour)}:${two(to.minute)}`,
    months: names,
    month: (year, month) => `${names[month - 1]} ${year}`,

    toContent: 'Skip to content',
    toFilter: 'Skip to the filter',
    search: 'Search',
    searchLabel: 'Search the releases',
    languages: 'Languages',
    allLanguages: 'All languages',
    timesOf: (timezone) => `Times are those of ${timezone}.`,
    privacy: 'These pages set no cookies and load nothing from anybody else.',
    withdrawals: 'Withdrawn releases',

    newest: 'Newest releases',
    releases: 'Releases',
    countOfReleases: (count) => (count === 1 ? '1 release' : `${count} releases`),
    newestOf: (count) => `The ${count} newest. Older ones are in the archive.`,
    noReleases: 'No release yet. The feed can be subscribed to: the first one will appear in it.',
    noReleasesFound:
      'No release matches yet. Leave something out to find more, or subscribe: whatever matches later will appear in the feed.',
    page: (page, pages) => `Page ${page} of ${pages}`,
    newerPage: 'Newer releases',
    olderPage: 'Older releases',
    archive: 'Archive by month',
    wholeList: 'The newest releases',

    topics: 'Topics',
    broaderTopic: 'Part of',
    narrowerTopics: 'Includes',
    lastRelease: 'last release',

    subscribe: 'Subscribe',
    howToSubscribe: 'A feed brings new releases to you. Copy its address into your feed reader.',
    addressOf: (format) => `Address of the ${format.replace(/ Feed$/, '')} feed`,
    copyFeed: 'Copy feed address',
    copy: 'Copy',
    copied: 'Copied',
    openIn: 'Open in',
    openInLabel: (reader) => `Subscribe in ${reader}`,
    eventsAsCalendar: 'Events as a calendar',
    openInCalendar: 'Subscribe in your calendar',
    moreWays: 'More ways: formats, readers, calendar',
    addressFollows:
      'The choice below has changed. Show its releases to get the address of their feed.',
    forReaders: 'Several feeds at once (OPML)',
    everyTopicAsOpml: 'Every topic as a feed of its own',
    theseTopicsAsOpml: 'These topics as a feed each',
    isFeed: (format) => `This is a feed (${format}), which brings new releases to a feed reader.`,
    isArchive: (format) => `This is an archive of a feed (${format}). It does not change any more.`,
    toSubscribe: 'To subscribe, copy this address into your feed reader:',

    build: 'Choose releases',
    buildThis: 'Change the choice',
    wantedTopics: 'Topics',
    publishers: 'Publishers',
    kinds: 'Kinds of release',
    any: 'Releases on any of them',
    all: 'Only releases on all of them',
    leaveOut: 'Leave out topics',
    narrowList: 'Narrow the list',
    languageAndWords: 'Language and words',
    releaseLanguage: 'Language of the releases',
    words: 'Words in the release',
    wordsHint:
      'Releases with all of these words, in any order and form. In quotation marks: exactly these words, side by side.',
    withOneLess: 'With one word less:',
    moreReleasesThan: (count) => `more than ${count} releases`,
    show: 'Show the releases',
    matching: (count, isMore) => {
      if (isMore) return `More than ${count} releases match`
      return count === 1 ? '1 release matches' : `${count} releases match`
    },
    waiting: 'Loading …',
    failed: 'No answer came. Your choice is kept: press the button to try again.',
    tooRich:
      'This feed combines its topics in a way the form cannot show. Using the form makes a simpler one.',
    resultAnnounced: (title) => `Now showing: ${title}`,

    published: 'Published',
    changed: 'Changed',
    otherLanguages: 'In other languages',
    followTopics: 'Follow the topics of this release',
    pictureElsewhere: 'Picture on another site',

    notPublic: 'Not public',
    comesOut: 'It comes out on',
    isDraft: 'This is a draft, and may still change.',
    notToBePassedOn: 'Do not pass this link on.',

    picturesToDownload: 'Pictures to download',
    newOn: (what) => `New releases: ${what}`,

    forPrograms: 'For programs',
    forDevelopers: 'For developers',

    errors: {
      invalid: {
        title: 'This cannot be answered',
        text: 'Something in the address is not written as it must be. Follow a link on this page instead.',
      },
      moved: { title: 'This has moved', text: 'What was here has moved for good.' },
      'not-allowed': {
        title: 'This can only be read',
        text: 'This address takes no other requests.',
      },
      'not-found': {
        title: 'There is nothing here',
        text: 'The address may be mistyped, or the page may have gone.',
      },
      gone: { title: 'This is no longer here', text: 'It was taken away for good.' },
      unavailable: {
        title: 'Not available at the moment',
        text: 'Something went wrong on our side. Try again in a minute.',
      },
    },
    reasons: {
      'unknown-topic': 'There is no topic of this name.',
      'unknown-publisher': 'There is no publisher of this name.',
      'unknown-kind': 'There is no kind of release of this name.',
      'too-many-topics':
        'A feed can combine at most eight topics, publishers and kinds. Untick some, or tick a broader topic instead.',
      'too-many-words': 'A search takes at most eight words. Leave some out.',
      'too-long':
        'The address of this feed would be too long for readers. Leave out some topics or words.',
      ended: 'This feed has ended.',
      'empty-month': 'No release was published in that month.',
      'no-release': 'There is no release at this address.',
      'no-preview':
        'This link shows nothing. See whether all of it was copied, or ask whoever gave it to you.',
      'preview-ended': 'This link has ended. Ask whoever gave it to you for a new one.',
    },
    askedFor: 'You asked for',
    insteadTopics: 'Did you look for one of these?',
    lookFor: 'Search the releases',
    contact: 'Contact:',
    toHome: 'All releases and topics',
  },
}
