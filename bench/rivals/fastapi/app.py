"""Projects and tasks with FastAPI and SQLModel, in the style of their own documentation, on the tables of fasttrack.

`DATABASE` is the path of the file, `SECRET_KEY` what tokens are signed with.
"""

import base64
import os
from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, TypeVar

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Integer, event, literal_column
from sqlmodel import Field, Session, SQLModel, create_engine, select

KEY = os.environ["SECRET_KEY"]

engine = create_engine(f"sqlite:///{os.environ['DATABASE']}", connect_args={"check_same_thread": False})


@event.listens_for(engine, "connect")
def configure(connection, _record):
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    email: str
    display_name: str
    role: str
    is_active: bool
    email_verified: bool
    created_at: str
    updated_at: str


class Project(SQLModel, table=True):
    __tablename__ = "projects"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    description: str
    status: str
    owner_id: int = Field(foreign_key="users.id")
    created_at: str
    updated_at: str


class Task(SQLModel, table=True):
    __tablename__ = "tasks"
    id: int | None = Field(default=None, primary_key=True)
    title: str
    description: str
    status: str
    priority: str
    project_id: int = Field(foreign_key="projects.id")
    assignee_id: int | None = Field(default=None, foreign_key="users.id")
    created_at: str
    updated_at: str


class NewProject(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)
    status: Literal["active", "archived"] = "active"


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next_cursor: str | None
    has_more: bool


PRIORITIES = ["low", "medium", "high"]
# Word for word as the index has it.
RANK = literal_column("CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END", Integer)

app = FastAPI()


def open_session():
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(open_session)]


def find_caller(
    session: Database, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> User:
    try:
        claims = jwt.decode(
            credentials.credentials, KEY, algorithms=["HS256"], audience="fasttrack", issuer="fasttrack"
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    user = session.get(User, int(claims["sub"])) if claims.get("typ") == "access" else None
    if user is None or not user.is_active:
        raise HTTPException(401)
    return user


Caller = Annotated[User, Depends(find_caller)]
Limit = Annotated[int, Query(ge=1, le=100)]


def read_project(session: Session, caller: User, project_id: int) -> Project:
    project = session.get(Project, project_id)
    if project is None:
        raise HTTPException(404)
    if project.owner_id != caller.id and caller.role != "admin":
        raise HTTPException(403)
    return project


def decode(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return -1, 0
    try:
        rank, row = base64.urlsafe_b64decode(cursor).decode().split(",")
        return int(rank), int(row)
    except ValueError as error:
        raise HTTPException(400) from error


def page(rows: list, limit: int) -> dict:
    items, has_more = rows[:limit], len(rows) > limit
    cursor = None
    if has_more:
        last = items[-1]
        rank = PRIORITIES.index(last.priority) if isinstance(last, Task) else -1
        cursor = base64.urlsafe_b64encode(f"{rank},{last.id}".encode()).decode()
    return {"items": items, "next_cursor": cursor, "has_more": has_more}


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/v1/users/me")
def me(caller: Caller) -> User:
    return caller


@app.get("/api/v1/projects")
def list_projects(session: Database, caller: Caller, limit: Limit = 20, cursor: str | None = None) -> Page[Project]:
    _, row = decode(cursor)
    query = select(Project).where(Project.id > row).order_by(Project.id).limit(limit + 1)
    if caller.role != "admin":
        query = query.where(Project.owner_id == caller.id)
    return page(session.exec(query).all(), limit)


@app.post("/api/v1/projects", status_code=201)
def create_project(session: Database, caller: Caller, new: NewProject) -> Project:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    project = Project(**new.model_dump(), owner_id=caller.id, created_at=now, updated_at=now)
    session.add(project)
    session.commit()
    session.refresh(project)
    return project


@app.get("/api/v1/projects/{project_id}")
def get_project(session: Database, caller: Caller, project_id: int) -> Project:
    return read_project(session, caller, project_id)


@app.get("/api/v1/tasks/{task_id}")
def get_task(session: Database, caller: Caller, task_id: int) -> Task:
    task = session.get(Task, task_id)
    if task is None:
        raise HTTPException(404)
    if task.assignee_id != caller.id:
        read_project(session, caller, task.project_id)
    return task


@app.get("/api/v1/projects/{project_id}/tasks")
def list_tasks(
    session: Database,
    caller: Caller,
    project_id: int,
    limit: Limit = 20,
    cursor: str | None = None,
    sort: Literal["id", "priority"] = "id",
) -> Page[Task]:
    read_project(session, caller, project_id)
    rank, row = decode(cursor)
    of_project = select(Task).where(Task.project_id == project_id)
    if sort == "id":
        return page(session.exec(of_project.where(Task.id > row).order_by(Task.id).limit(limit + 1)).all(), limit)
    # Each is one range of the index.
    rows = session.exec(of_project.where(RANK == rank, Task.id > row).order_by(Task.id).limit(limit + 1)).all()
    if len(rows) <= limit:
        above = of_project.where(RANK > rank).order_by(RANK, Task.id).limit(limit + 1 - len(rows))
        rows = [*rows, *session.exec(above).all()]
    return page(rows, limit)
