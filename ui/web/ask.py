"""The tab of the chat: ask, watch the answer come, change or repeat a question, go on from an answer, rate it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag.types import Answer, Sentence
from ui.web import markup
from ui.web.answering import Stops, answering
from ui.web.chat import LONGEST, Chat, comment_html, cut_short, exchange_at, history, messages, remark_html, same
from ui.web.frame import PLAIN, handed
from ui.web.markdown import LATEX_DELIMITERS
from ui.web.strings import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ui.web.conversations import Exchange
    from ui.web.desk import Visit
    from ui.web.frame import Frame
    from ui.web.settings import Choices
    from ui.web.source import SourcePanel
    from ui.web.talks import Talks


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that is to be answered after ``base``."""

    question: str
    base: tuple[Exchange, ...]
    before: Answer | None = None
    """The answer it had, where it is asked again."""


_TAKEN = "(...given) => (window.footnoteTaken(given[0]), given)"
"""The box is emptied by the browser, as the question leaves it: an output would wipe what is typed meanwhile."""


class Ask:
    """The chat."""

    name = "ask"

    def __init__(self, panel: SourcePanel, talks: Talks, choices: Any) -> None:
        self._panel = panel
        self._talks = talks
        self._choices = choices
        self._stops = Stops()

    def build(self, frame: Frame) -> None:
        """See ``frame.Tab``."""
        import gradio as gr

        chat = gr.State(Chat())
        editing = gr.State(-1)
        stored = gr.BrowserState("", storage_key="footnote-conversation", secret="footnote")
        welcome = gr.HTML("", elem_id="fn-start", **PLAIN)
        shown = gr.Chatbot(
            value=[], elem_id="fn-chat", show_label=False, container=False, height=None, layout="panel",
            buttons=[], feedback_options=None, allow_tags=False, autoscroll=False, latex_delimiters=LATEX_DELIMITERS,
        )  # fmt: skip
        with gr.Column(elem_id="fn-ask"):
            remark = gr.HTML("", elem_id="fn-remark", **PLAIN)
            question = gr.Textbox(
                show_label=False, container=False, lines=1, max_lines=6, max_length=LONGEST, submit_btn=True, stop_btn=True,
                autofocus=True,                elem_id="fn-question",
            )  # fmt: skip
        frame.dress(welcome, lambda visit, text: markup.welcome_html(visit.desk.shelf.suggestions(), text))
        frame.dress(question, lambda _, text: gr.update(placeholder=text["ask"], label=text["ask"]))

        speaks, drawn = [chat, frame.language], [shown, chat]
        settled = [editing, remark, stored, self._talks.current, self._talks.listed]
        quick: dict[str, Any] = {"queue": False}

        def changes(event: Any) -> None:
            """What follows every change of the chat; apart from it, since Gradio pays for each output of each step."""
            frame.wire(event.then, self.settle, speaks, settled, **quick)

        asked = [question, chat, editing, self._choices, frame.language]
        changes(frame.wire(question.submit, self.ask, asked, drawn, js=_TAKEN))
        changes(frame.on("ask", self.suggest, [chat, self._choices, frame.language], drawn))
        changes(frame.on("again", self.again, [chat, self._choices, frame.language], drawn))
        changes(frame.on("new", self.new, None, drawn, **quick))
        changes(frame.on("open-talk", self.open, frame.language, drawn, **quick))
        changes(frame.on("fork", self.fork, speaks, drawn, **quick))
        changes(frame.on("turn", self.turn, speaks, drawn, **quick))
        frame.redress(self.redraw, [*speaks, stored], [*drawn, *settled])
        frame.wire(question.stop, self.stop, None, None, **quick)
        frame.on("edit", self.edit, speaks, [question, editing, remark], **quick)
        frame.on("rate", self.rate, speaks, [*drawn, remark], **quick)
        frame.on("comment", self.comment, frame.language, remark, **quick)
        frame.on("dismiss", lambda _: (-1, ""), None, [editing, remark], **quick)
        frame.on("copy-answer", self.copy, chat, frame.hand, **quick)
        frame.on("source", self.source, speaks, self._panel.outputs, **quick)
        frame.on("why", self.why, speaks, self._panel.outputs)
        frame.wire(frame.notes_changed.change, self.suggestions, frame.language, welcome)

    # ------------------------------------------------------------------------------------------ asking

    def ask(
        self, visit: Visit, asked: str, chat: Chat, editing: int, choices: Choices, language: str
    ) -> Iterator[tuple[Any, ...]]:
        """The chat with the question and its growing answer; ``editing``: the exchange that it takes the place of, or -1."""
        if asked.strip():
            base = chat.path[:editing] if editing >= 0 else chat.path
            yield from self._answer(visit, _Asked(asked.strip()[:LONGEST], base), chat, choices, words(language))
        else:
            yield _unchanged()

    def suggest(self, visit: Visit, chat: Chat, choices: Choices, language: str) -> Iterator[tuple[Any, ...]]:
        """``ask`` for a suggested question."""
        yield from self.ask(visit, visit.value, chat, -1, choices, language)

    def again(self, visit: Visit, chat: Chat, choices: Choices, language: str) -> Iterator[tuple[Any, ...]]:
        """The question of an exchange once more, beside its answer; nothing is added where the same answer comes."""
        at = exchange_at(visit.value, chat)
        if at is None:
            yield _unchanged()
            return
        asked = _Asked(chat.path[at].asked, chat.path[:at], chat.path[at].answer)
        yield from self._answer(visit, asked, chat, choices, words(language))

    def stop(self, visit: Visit) -> None:
        """End the answer that is coming."""
        self._stops.stop(visit.page)

    def _answer(
        self, visit: Visit, asked: _Asked, chat: Chat, choices: Choices, text: Mapping[str, str]
    ) -> Iterator[tuple[Any, ...]]:
        import gradio as gr

        number = len(asked.base)
        above = [*messages(asked.base, text), {"role": "user", "content": markup.question_html(asked.question, text, number)}]

        def grown(html: str) -> tuple[Any, Any]:
            return [*above, {"role": "assistant", "content": html}], gr.skip()

        yield grown(markup.message_html(text["thinking"]))
        sentences: list[Sentence] = []
        answer: Answer | None = None
        failed: str | None = None
        stop = self._stops.begin(visit.page)
        try:
            for items in answering(lambda: visit.desk.shelf.stream(asked.question, history(asked.base), choices, stop), stop):
                for item in items:
                    if isinstance(item, Answer):
                        answer = item
                    elif isinstance(item, str):
                        failed = item
                    else:
                        sentences.append(item)
                if answer is None and sentences:
                    yield grown(markup.growing_html(sentences, text, number))
        finally:  # also where the page was closed in the middle
            mine = self._stops.end(visit.page, stop)
        if not mine:  # another question has been asked meanwhile
            return
        if failed is not None:
            said = f"{text['failed']}: {failed}" if failed else text["failed_detail"]
            yield grown(markup.message_html(said, kind="fn-error"))
        elif answer is not None and asked.before is not None and same(answer, asked.before):
            yield self._show(visit, replace(chat, remark=text["same"]), text)
        else:
            answer = answer or cut_short(asked.question, sentences, text["stopped"])
            kept = visit.desk.talks.add(chat.talk, asked.base[-1].id if asked.base else "", asked.question, answer)
            yield self._show(visit, Chat(talk=kept.talk, path=visit.desk.talks.path(kept.talk)), text)

    # ------------------------------------------------------------------------------------------ conversations

    def settle(self, visit: Visit, chat: Chat, language: str) -> tuple[Any, ...]:
        """What else shows which conversation the chat has: the browser's memory, the drawer; and the remark."""
        text = words(language)
        said = remark_html(chat.remark) if chat.remark else ""
        return -1, said, chat.talk, chat.talk, self._talks.html(visit, chat.talk, text)

    def new(self, visit: Visit) -> tuple[Any, ...]:
        """An empty chat; what was typed stays."""
        return [], Chat()

    def open(self, visit: Visit, language: str) -> tuple[Any, ...]:
        """Another conversation."""
        return self._show(visit, self._chat(visit, visit.value), words(language))

    def fork(self, visit: Visit, chat: Chat, language: str) -> tuple[Any, ...]:
        """A new conversation that goes on from an answer of this one."""
        at = exchange_at(visit.value, chat)
        talk = visit.desk.talks.fork(chat.path[at].id) if at is not None else ""
        if not talk:
            return _unchanged()
        text = words(language)
        return self._show(visit, replace(self._chat(visit, talk), remark=text["forked"]), text)

    def turn(self, visit: Visit, chat: Chat, language: str) -> tuple[Any, ...]:
        """Another answer to the same question (``NUMBER:SIBLING``, from 0 and from 1), and what was said after it."""
        number, _, sibling = visit.value.partition(":")
        at = exchange_at(number, chat)
        if at is None or not sibling.isdecimal() or not 1 <= int(sibling) <= len(chat.path[at].siblings):
            return _unchanged()
        talk = visit.desk.talks.turn_to(chat.path[at].siblings[int(sibling) - 1])
        return self._show(visit, self._chat(visit, talk), words(language))

    def redraw(self, visit: Visit, chat: Chat, language: str, stored: str) -> tuple[Any, ...]:
        """The chat in the language that was chosen; after loading the page, the conversation that it showed last."""
        chat = replace(chat, remark="") if chat.path else self._chat(visit, stored)
        return *self._show(visit, chat, words(language)), *self.settle(visit, chat, language)

    def suggestions(self, visit: Visit, language: str) -> str:
        """The welcome with questions from the notes as they are now."""
        return markup.welcome_html(visit.desk.shelf.suggestions(), words(language))

    def edit(self, visit: Visit, chat: Chat, language: str) -> tuple[Any, ...]:
        """An earlier question in the box, to be sent anew."""
        import gradio as gr

        at = exchange_at(visit.value, chat)
        if at is None:
            return gr.skip(), gr.skip(), gr.skip()
        text = words(language)
        return chat.path[at].asked, at, remark_html(text["editing"].format(at + 1), dismiss=text["cancel"])

    def rate(self, visit: Visit, chat: Chat, language: str) -> tuple[Any, ...]:
        """The thumb of an answer (``NUMBER:RATING``) set, or taken back; and a line to say why."""
        import gradio as gr

        number, _, rating = visit.value.partition(":")
        at = exchange_at(number, chat)
        if at is None or rating not in ("1", "-1"):
            return gr.skip(), gr.skip(), gr.skip()
        text, exchange = words(language), chat.path[at]
        given = 0 if exchange.rating == int(rating) else int(rating)
        visit.desk.talks.rate(exchange.id, given)
        rated = replace(chat, path=(*chat.path[:at], replace(exchange, rating=given), *chat.path[at + 1 :]))
        remark = comment_html(exchange, text, good=given > 0) if given else ""
        return *self._show(visit, rated, text), remark

    def comment(self, visit: Visit, language: str) -> str:
        """The comment to a rating (``EXCHANGE:RATING:TEXT``), kept."""
        exchange, _, rest = visit.value.partition(":")
        rating, _, said = rest.partition(":")
        visit.desk.talks.rate(exchange, 1 if rating == "1" else -1, said[:LONGEST])
        return remark_html(words(language)["thanks"])

    def copy(self, visit: Visit, chat: Chat) -> Any:
        """An answer as Markdown with its footnotes, for the clipboard."""
        from ui.render import markdown

        at = exchange_at(visit.value, chat)
        return handed("copy", markdown(chat.path[at].answer)) if at is not None else handed("copy", "")

    def source(self, visit: Visit, chat: Chat, language: str) -> tuple[Any, ...]:
        """The source panel for the footnote that was clicked."""
        return self._panel.show(visit, [exchange.answer for exchange in chat.path], visit.value, words(language))

    def why(self, visit: Visit, chat: Chat, language: str) -> tuple[Any, ...]:
        """The panel with what each way of searching found for an answer."""
        at = exchange_at(visit.value, chat)
        return self._panel.explain(visit, chat.path[at].answer if at is not None else None, at or 0, words(language))

    # ------------------------------------------------------------------------------------------ drawing

    def _chat(self, visit: Visit, talk: str) -> Chat:
        path = visit.desk.talks.path(talk) if talk else ()
        return Chat(talk=talk if path else "", path=path)

    def _show(self, visit: Visit, chat: Chat, text: Mapping[str, str]) -> tuple[Any, ...]:
        follow: Sequence[str] = ()
        if chat.path:
            with suppress(Exception):  # a library that has gone must not take the conversation with it
                follow = visit.desk.shelf.follow_ups(chat.path[-1].answer, [exchange.asked for exchange in chat.path])
        return messages(chat.path, text, follow), chat


def _unchanged() -> tuple[Any, ...]:
    import gradio as gr

    return gr.skip(), gr.skip()
