/** One film as the list has it, under shorter names: every field may be missing, and some are of the wrong type. */
export interface Row {
  readonly title: string | number | null;
  readonly released: string | Date | null;
  readonly genre: string | null;
  readonly distributor: string | null;
  /** US dollars. */
  readonly budget: number | null;
  readonly usGross: number | null;
  readonly worldGross: number | null;
  readonly minutes: number | null;
  /** 0 to 10, with the number of votes behind it. */
  readonly rating: number | null;
  readonly votes: number | null;
}

/** A film that can be relied on: what is not known is null, what is there is of its type and possible. */
export interface Film extends Row {
  readonly title: string;
  readonly released: Date;
}

/** What a cleaning rule did. */
export interface RuleCount {
  readonly rule: string;
  readonly why: string;
  readonly altered: number;
  readonly dropped: number;
}

export interface Cleaned {
  readonly films: readonly Film[];
  readonly read: number;
  readonly rules: readonly RuleCount[];
}

/** A film with what its numbers amount to. */
export interface Release {
  readonly title: string;
  readonly year: number;
  readonly genre: string;
  readonly distributor: string;
  readonly budget: number;
  readonly gross: number;
  readonly profit: number;
  /** Gross over budget: 1 is break-even. */
  readonly multiple: number;
  readonly minutes: number | null;
  readonly rating: number | null;
}

/** What a group of films has in common. */
export interface Group {
  readonly name: string;
  readonly films: number;
  readonly gross: number;
  readonly medianBudget: number;
  readonly medianGross: number;
  readonly medianMultiple: number;
  /** Share of films that grossed at least their budget, 0 to 1. */
  readonly earnedBack: number;
  readonly medianMinutes: number | null;
  readonly medianRating: number | null;
}

export interface Analysis {
  readonly films: number;
  readonly topN: number;
  readonly minBudget: number;
  readonly genres: readonly Group[];
  readonly distributors: readonly Group[];
  readonly years: readonly Group[];
  readonly best: readonly Release[];
  readonly worst: readonly Release[];
}
