"""The messages of the doors for programs, as pydantic models: they check what comes in and write the OpenAPI document.

What goes out is the command line's JSON (``ui/render.py`` makes it), so a program may change from one to the other.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

LONGEST = 4_000
"""Characters of a question."""
MOST = 100
"""Passages to a search, contexts to a verification."""

Text = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"\S")]
Id = str | int | float | bool | None


class _Model(BaseModel):
    model_config = ConfigDict(protected_namespaces=())


# ---------------------------------------------------------------------------------------------- what is asked


class TurnIn(_Model):
    """One message of the chat so far."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=200_000)]


class AskIn(_Model):
    """A question, and the chat before it, oldest message first."""

    id: Id = Field(None, description="Comes back with the answer.")
    question: Text
    history: Annotated[list[TurnIn], Field(max_length=MOST)] = []
    model: str | None = Field(None, description='One of /v1/models; "footnote" answers in the notes\' own words.')


class SearchIn(_Model):
    """What to search for."""

    id: Id = None
    query: Text
    k: Annotated[int, Field(ge=1, le=MOST, description="Number of passages.")] = 10
    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"


_Context = Annotated[str, Field(max_length=200_000)]


class VerifyIn(_Model):
    """An answer, whoever wrote it, and the passages it rests on. ``passage`` and RAGAS's names for the fields serve as well."""

    id: Id = None
    question: Annotated[str, Field(max_length=LONGEST)] = ""
    contexts: Annotated[list[_Context], Field(max_length=MOST)] | _Context
    answer: Annotated[str, Field(max_length=20_000)]

    @model_validator(mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        """Other names for the same fields."""
        if not isinstance(value, dict):
            return value
        value = dict(value)
        for name, others in (
            ("contexts", ("retrieved_contexts", "passage")),
            ("answer", ("response",)),
            ("question", ("user_input",)),
        ):
            for other in others:
                if value.get(name) is None and value.get(other) is not None:
                    value[name] = value[other]
        return value

    def passages(self) -> list[str]:
        """The contexts as a list."""
        return [self.contexts] if isinstance(self.contexts, str) else self.contexts


# ---------------------------------------------------------------------------------------------- what is answered


class CitationOut(_Model):
    """Footnote ``n``; ``quote`` stands word for word in the note."""

    n: int
    path: str
    document_id: str
    trail: list[str] = Field(description="Headings from the top down.")
    page: int | None
    lines: list[int] = Field(description="First and last line of the file, 1-based, inclusive.")
    quote: str


class SentenceOut(_Model):
    """One sentence of the answer with the numbers of its footnotes."""

    text: str
    citations: list[int]
    support: float = Field(description="How far the cited quotes support it, 0 to 1.")
    verdict: Literal["supported", "partial", "unsupported", "contradicted"]


class AnswerOut(_Model):
    """``footnote ask --json``, and the question that a follow-up was understood as."""

    id: Id
    question: str
    answer: str = Field(description="Markdown, without footnote marks.")
    abstained: bool = Field(description="The notes do not answer this.")
    reason: Literal["blank", "absent", "off-topic"] | None
    confidence: float
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    seconds: float
    model: str | None = Field(None, description="The LLM that wrote the sentences, where one was asked.")
    notice: str | None = Field(None, description="How the answer came to be, such as why the LLM's is not shown.")
    standalone_question: str | None = Field(
        None, description="The question as it was answered, where it was completed from the history."
    )


class PassageOut(_Model):
    """One passage that a search found."""

    path: str
    document_id: str
    trail: list[str]
    page: int | None
    lines: list[int]
    text: str
    score: float
    origin: Literal["dense", "lexical", "fused", "reranked"]


class SearchOut(_Model):
    """``footnote search --json``."""

    id: Id
    query: str
    passages: list[PassageOut]


class CheckOut(_Model):
    """One sentence that was checked, with the passage's words that decided."""

    text: str
    support: float
    verdict: Literal["supported", "partial", "unsupported", "contradicted", "no-claim"]
    evidence: str
    reason: str = Field(description="Why it is not (fully) supported; empty when it is.")


class VerifyOut(_Model):
    """``footnote verify --json``."""

    id: Id
    faithfulness: float | None = Field(description="Share of supported claims; null where nothing is claimed.")
    verdict: Literal["faithful", "unfaithful", "no-claim"]
    sentences: list[CheckOut]


class SkippedOut(_Model):
    """A file that could not be read, and why."""

    path: str
    error: str
    reason: str


class IngestOut(_Model):
    """``footnote ingest --json``: what the library holds now, and what became of the files."""

    documents: int
    sections: int
    blank_sections: int
    chunks: int
    added: int
    changed: int
    unchanged: int
    removed: int
    skipped: list[SkippedOut]
    seconds: float


class NoteOut(_Model):
    """One note in the library."""

    path: str
    paths: list[str] = Field(description="Every file that holds it.")
    document_id: str
    title: str
    sections: int
    blank_sections: int
    chunks: int


class NotesOut(_Model):
    """``footnote notes list --json``."""

    documents: list[NoteOut]


class ErrorOut(_Model):
    """What went wrong, in one line."""

    error: str
    reason: str


# ---------------------------------------------------------------------------------------------- OpenAI's protocol


class PartIn(_Model):
    """One part of a message; only text is read."""

    type: str
    text: str | None = None


class MessageIn(_Model):
    """One message of a chat; what a system, developer or tool message says is not followed, for the notes decide."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, Field(max_length=200_000)] | Annotated[list[PartIn], Field(max_length=MOST)] | None = None

    def text(self) -> str:
        """The text of all parts; ``ValueError`` for a part that is none."""
        if not isinstance(self.content, list):
            return self.content or ""
        for part in self.content:
            if part.type not in ("text", "input_text", "output_text") or part.text is None:
                raise ValueError(f"a part of type {part.type!r} cannot be read; send text")
        return "\n".join(part.text or "" for part in self.content)


class StreamOptionsIn(_Model):
    """OpenAI's ``stream_options``."""

    include_usage: bool = False


class ChatIn(_Model):
    """The last message of the user is the question, those before it the history; other parameters are taken and not used."""

    model: str = "footnote"
    messages: Annotated[list[MessageIn], Field(min_length=1, max_length=1_000)]
    stream: bool | None = False
    stream_options: StreamOptionsIn | None = None
    n: Annotated[int, Field(ge=1, le=1, description="There is one answer.")] | None = 1


class ModelOut(_Model):
    """One way to have the question answered."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelsOut(_Model):
    """What ``model`` can be."""

    object: Literal["list"] = "list"
    data: list[ModelOut]


class ReplyOut(_Model):
    """The answer as a chat message."""

    role: Literal["assistant"] = "assistant"
    content: str = Field(description="Markdown: footnote marks as [n], the list of footnotes at the end.")


class ChoiceOut(_Model):
    """The one answer there is."""

    index: int = 0
    message: ReplyOut
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class UsageOut(_Model):
    """Counted, not billed: a Chinese character, a word and a sign each count as one."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatOut(_Model):
    """OpenAI's chat completion; ``footnote`` holds the answer with its citations and verdicts, as in ``/api/ask``."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChoiceOut]
    usage: UsageOut
    footnote: AnswerOut


class OpenAIErrorBody(_Model):
    """OpenAI's description of an error."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIErrorOut(_Model):
    """OpenAI's shape of an error."""

    error: OpenAIErrorBody
