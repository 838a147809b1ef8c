import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { NamespaceFigures } from '../../shared/namespaces/document.ts';
import type { MemberRecord } from '../topology/member.ts';
import type { ClusterView } from '../topology/view.ts';
import { forwardKind, type Forwarder } from './forwarder.ts';

/** What the API asks a shard's primary about a whole namespace. */
export interface Question {
  readonly type: 'stats';
  readonly namespace: string;
}

export type Figures = Omit<NamespaceFigures, 'name' | 'uid'>;

export interface QuestionAnswer {
  readonly figures: Figures;
}

export interface ShardAnswer {
  readonly shard: number;
  readonly answer: QuestionAnswer | MeridianError;
}

export interface NodeQuestions {
  /** Asks the primary of every shard of the region; one that cannot be asked has an error as its answer. */
  askAll(question: Question): Promise<readonly ShardAnswer[]>;
}

export interface NodeQuestionsOptions {
  readonly view: () => ClusterView;
  readonly recordOf: (pod: string) => MemberRecord | undefined;
  readonly forwarder: Pick<Forwarder, 'ask'>;
  /** This node's own answer. */
  readonly answer: (question: Question) => QuestionAnswer;
}

export function createNodeQuestions({ view, recordOf, forwarder, answer }: NodeQuestionsOptions): NodeQuestions {
  async function ask(shard: number, question: Question): Promise<QuestionAnswer> {
    const cluster = view();
    const primary = cluster.primaryOf(shard);
    if (primary === undefined) throw new MeridianError('CLUSTER_DOWN');
    if (primary.id === cluster.self.id) return answer(question);
    const record = recordOf(primary.pod);
    if (record === undefined) throw new MeridianError('CLUSTER_DOWN');
    const bytes = await forwarder.ask(record, { kind: forwardKind.question, user: '', count: 0, bytes: Buffer.from(JSON.stringify(question)) });
    return JSON.parse(bytes.toString()) as QuestionAnswer;
  }

  return {
    askAll(question) {
      const shards = [...new Set(view().shardOfSlot)].toSorted((a, b) => a - b);
      return Promise.all(
        shards.map(async (shard): Promise<ShardAnswer> => {
          try {
            return { shard, answer: await ask(shard, question) };
          } catch (error) {
            return { shard, answer: error instanceof MeridianError ? error : new MeridianError('INTERNAL', { reference: `shard ${shard}` }) };
          }
        }),
      );
    },
  };
}
