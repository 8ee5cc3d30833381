import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import { ResultsView } from './resultsView';

/** The Results view, and the jobs that wait for their boards. */
export function registerResults(context: ViewContext): vscode.Disposable {
  context.many.start();
  return vscode.Disposable.from(new ResultsView(context));
}
