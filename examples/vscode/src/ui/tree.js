// SPDX-License-Identifier: MIT
//
// A view of the side bar: a tree of nodes, each an object that can make its TreeItem and find its children.

'use strict';

const vscode = require('vscode');
const { Paced } = require('../folds/paced.js');

const APART_MS = 100; // of what the editor is told to draw again
const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

// node(label, {id, description, tooltip, icon, context, command, open, children, data}). `children`: a function; none: a leaf.
function node(label, { open = false, children, ...rest } = {}) {
  return { label, children, collapsible: children ? (open ? Expanded : Collapsed) : None, ...rest };
}

const icon = (name, color) => new vscode.ThemeIcon(name, color && new vscode.ThemeColor(color));

// Lines of plain text, the first of them in bold: what stands in a record is never taken for Markdown.
function tooltip(title, lines) {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**').appendText(title).appendMarkdown('**');
  for (const part of lines.filter(Boolean)) text.appendMarkdown('\n\n').appendText(part);
  return text;
}

class Tree {
  #roots;
  #changed = new vscode.EventEmitter();
  #refreshes = new Paced(() => this.#changed.fire(), APART_MS);
  onDidChangeTreeData = this.#changed.event;

  // `roots`: the nodes at the top, as they are now.
  constructor(id, roots) {
    this.#roots = roots;
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this, showCollapseAll: id !== 'society.agents' });
  }

  refresh() {
    this.#refreshes.add(true);
  }

  set badge({ value, tooltip: text }) {
    this.view.badge = value > 0 ? { value, tooltip: text } : undefined;
  }

  getChildren(parent) {
    return parent ? parent.children() : this.#roots();
  }

  getTreeItem({ label, collapsible, id, description, tooltip: tip, icon: iconPath, context, command, uri }) {
    const item = new vscode.TreeItem(label, collapsible);
    Object.assign(item, { id, description, tooltip: tip, iconPath, contextValue: context, command });
    if (uri) item.resourceUri = uri;
    return item;
  }

  dispose() {
    this.view.dispose();
    this.#refreshes.dispose();
    this.#changed.dispose();
  }
}

module.exports = { Tree, node, icon, tooltip };
