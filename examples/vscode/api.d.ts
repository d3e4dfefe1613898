// SPDX-License-Identifier: MIT
//
// The types of what this extension exports to others. Copy this file, or name it in a triple-slash reference.

import type { Event } from 'vscode';
import type { Agent, Message, NewMessage, NewTask, ReservationInfo, Task } from 'libsociety';

export type State = 'off' | 'connecting' | 'ready' | 'elsewhere' | 'library' | 'society' | 'agent' | 'error';

export interface SocietyApi {
  readonly version: 1;
  /** `ready`: the window is its agent, and online. */
  readonly state: State;
  /** The window's agent; null: it is in no society. */
  readonly agent: string | null;
  /** The society's directory. */
  readonly dir: string | null;
  readonly agents: Agent[];
  readonly tasks: Task[];
  readonly files: ReservationInfo[];

  /**
   * Sends a message as the window's agent: a text, or the fields of a message.
   *
   * Waits while the window is about to connect. Rejected if it is in no society.
   * @returns the message's id
   */
  sendMessage(to: string | string[], message: string | Omit<NewMessage, 'to'>): Promise<string>;
  /**
   * Gives a task to an agent (`to`): one that there is, if only its `id` is given; else it is made.
   *
   * @returns the task's id
   */
  assignTask(task: (NewTask | { id: string }) & { to?: string }): Promise<string>;

  /** A message for the window's agent has come. */
  readonly onMessage: Event<Message>;
  readonly onTasks: Event<Task[]>;
  readonly onAgents: Event<Agent[]>;
  readonly onFiles: Event<ReservationInfo[]>;
  readonly onState: Event<State>;
}
